import{_ as e,b as t,h as n,n as r,s as i,t as a,y as o}from"./styles.js";import{i as s,n as c,r as l,t as u}from"./page-styles.js";import{n as d,t as f}from"./model-forecast.js";import{t as p}from"./page.js";var m={good:`screen_light_good`,warn:`screen_light_warn`,bad:`screen_light_bad`,off:`screen_light_off`},h=.02,g=.5,_=18e5,v=4,y={line:[`screen_part_line`,O],inverter:[`screen_inverter`,k],prices:[`screen_part_prices`,M],plan:[`screen_part_plan`,P],ledger:[`screen_part_ledger`,F],forecast:[`screen_part_forecast`,I],repairs:[`screen_part_repairs`,L]};function b(e){return Object.keys(y).map(t=>{let[n,r]=y[t],[i,a]=r(e);return{key:t,title:n,light:i,sentence:a}})}function x(e,t){let n=t.filter(({light:e})=>e===`bad`||e===`warn`);return n.length===0?[`good`,e.text(`screen_verdict_good`)]:[n.some(e=>e.light===`bad`)?`bad`:`warn`,e.text(`screen_verdict_look`,{parts:e.formats.list(n.map(({title:t})=>e.text(t)))})]}function S({issues:e}){return e.filter(({ignored:e})=>e!==!0)}function C(e){let t=Date.parse(e??``);return Number.isNaN(t)?void 0:t}function w({formats:e,text:t},n){let{hour:r,minute:i}=e.zone.local(n);return r===0&&i===0?t(`screen_end_of_day`,{day:e.weekday(n-1,!0)}):`${e.weekday(n)} ${e.clock(n)}`}function T({errors:e,requests:t}){let n=Object.values(e??{}).reduce((e,t)=>e+t,0);return t?n/t:0}var E=e=>({formats:e.formats,text:e.text.bind(e)}),D=(e,t)=>e.formats.number(t*1e3);function O({home:e,health:t}){let{connected:n,foreign_frames:r=0,turnaround_p50:i}=t.line;if(!n)return[`bad`,e.text(`screen_line_broken`)];let a=T(t.line);return a>h?[`warn`,e.text(`screen_line_errors`,{share:e.formats.percent(a)})]:r>0?[`warn`,e.text(`screen_line_foreign`)]:i==null?[`good`,e.text(`screen_line_good`)]:[`good`,e.text(`screen_line_answers`,{ms:D(e,i)})]}function k({home:e,health:t,now:n}){let{connected:r,responding:i,wrong_device:a}=t.line,{polls:o}=t;if(a)return[`bad`,e.text(`screen_inverter_wrong`)];if(!r||!i){let t=C(o?.readings.read_at);return t===void 0?[`bad`,e.text(`screen_inverter_silent`)]:[`bad`,e.text(`screen_inverter_silent_since`,{ago:e.formats.ago((n-t)/1e3)})]}if(!o)return[`good`,e.text(`screen_inverter_good`)];let s=Object.keys(o.frequently_written);return s.length>0?[`warn`,e.text(`screen_inverter_worn`,{symbols:e.formats.list(s)})]:o.settings.success?[`good`,e.text(`screen_inverter_writes`,{count:e.formats.number(o.writes_today)})]:[`warn`,e.text(`screen_inverter_settings_fail`)]}var A={unauthorized:`bad`,outage:`warn`,rate_limited:`warn`},j={unauthorized:`screen_prices_unauthorized`,outage:`screen_prices_outage`,rate_limited:`screen_prices_limited`,late:`screen_prices_tomorrow_late`,stale:`screen_prices_end`};function M({home:e,health:t,now:n}){let r=t.prices;if(!r)return[`off`,e.text(`screen_prices_off`)];let i=C(r.known_until);if(i===void 0||i<=n||r.freshness===`none`)return[`bad`,e.text(`screen_prices_none`)];let a=w(E(e),i),o=r.status??``,s=A[o],c=j[o];if(s&&c)return[s,e.text(c,{time:a})];let l=j[r.freshness??``];return l?[`warn`,e.text(l,{time:a})]:[`good`,e.text(`screen_prices_known`,{time:a})]}var N={no_readings:`screen_problem_no_readings`,no_prices:`screen_problem_no_prices`};function P({home:e,entry:t,plan:n,now:r}){if(!t.trading)return[`off`,e.text(`screen_plan_off`)];if(n===void 0)return[`off`,e.text(`screen_loading`)];if(n===null)return[`bad`,e.text(`screen_not_running_short`,{entry:t.title})];if(n.problem!==null)return[`bad`,e.text(N[n.problem]??`screen_problem_no_plan`)];if(n.pause){let t=C(n.pause.until),r=t===void 0?``:w(E(e),t);return[`warn`,e.text(r?`screen_plan_paused_until`:`screen_plan_paused`,{time:r})]}let i=C(n.made_at);if(i===void 0)return[`bad`,e.text(`screen_problem_no_plan`)];let a=e.formats.clock(i);return r-i>_?[`warn`,e.text(`screen_plan_old`,{ago:e.formats.ago((r-i)/1e3)})]:n.automatic?[`good`,e.text(`screen_plan_made`,{time:a})]:[`warn`,e.text(`screen_plan_dry_run`,{time:a})]}function F({home:e,health:t}){let{database:n}=t;if(!n)return[`off`,e.text(`screen_plan_off`)];let{pending:r=0}=n;if(!n.working)return[`bad`,e.text(`screen_ledger_broken`)];if(r>v)return[`warn`,e.text(`screen_ledger_pending`,{count:e.formats.number(r)})];let i=C(n.last);return i===void 0?[`good`,e.text(`screen_ledger_good`)]:[`good`,e.text(`screen_ledger_booked`,{time:w(E(e),i+9e5)})]}function I({home:e,health:t}){if(!t.forecast)return[`off`,e.text(`screen_plan_off`)];let n=d(e,t.forecast);return n===void 0?[`off`,e.text(`screen_forecast_none`)]:[f(t.forecast)>g?`warn`:`good`,n]}function L({home:e,health:t}){let n=S(t);if(n.length===0)return[`good`,e.text(`screen_repairs_none`)];let r=n.some(({severity:e})=>e===`error`||e===`critical`),i=e.formats.number(n.length);return[r?`bad`:`warn`,e.text(n.length===1?`screen_repairs_one`:`screen_repairs`,{count:i})]}function R(e,{home:t,health:n,plan:r,now:i}){let a=z(t,i);switch(e){case`line`:return B(n.line,a);case`inverter`:return n.polls?V(n.polls,a):[];case`prices`:return n.prices?H(n.prices,a):[];case`plan`:return[...a(`screen_fact_solver`,r?.solver),...a.moment(`screen_fact_made`,r?.made_at),...a.count(`screen_fact_slots`,r?.slots.start.length)];case`ledger`:return[...a(`screen_fact_database`,n.database?.kind),...a.moment(`screen_fact_last_booked`,n.database?.last),...a.count(`screen_fact_pending`,n.database?.pending)];case`forecast`:return[...W(`pv`,n.forecast,a),...W(`load`,n.forecast,a)];case`repairs`:return[]}}function z(e,t){let{formats:n}=e,r=e.text.bind(e),i=(e,t)=>t?[[e,t]]:[],a=e=>(t,n)=>n==null?[]:[[t,e(n)]],o=e=>(t,n)=>{let r=C(n);return r===void 0?[]:[[t,e(r)]]};return Object.assign(i,{count:a(e=>n.number(e)),share:a(e=>n.percent(e,1)),ms:a(e=>`${n.number(e*1e3)}\u00a0ms`),seconds:a(e=>`${n.number(e,1)}\u00a0s`),energy:a(e=>n.energy(e)),ago:o(e=>n.ago(Math.max(0,t-e)/1e3)),moment:o(e=>w({formats:n,text:r},e))})}function B(e,t){return[...t.ms(`screen_fact_turnaround`,e.turnaround_p50),...t.ms(`screen_fact_turnaround_slow`,e.turnaround_p99),...t.ms(`screen_fact_queue`,e.queue_wait_p99),...t.share(`screen_fact_load`,e.bus_load),...t.count(`screen_fact_requests`,e.requests),...e.errors?t.share(`screen_fact_error_share`,T(e)):[],...t.count(`screen_fact_late`,e.late_responses),...t.count(`screen_fact_foreign`,e.foreign_frames),...t.count(`screen_fact_reconnects`,e.reconnects)]}function V(e,t){let n=(e,n)=>t.ago(e,n.read_at),r=Object.values(e.rejected_values).reduce((e,t)=>e+t,0);return[...n(`screen_fact_readings`,e.readings),...n(`screen_fact_settings`,e.settings),...n(`screen_fact_statistics`,e.statistics),...t.seconds(`screen_fact_reading_time`,e.readings.seconds),...t.count(`screen_fact_written`,e.writes_today),...t.count(`screen_fact_write_limit`,e.write_limit),...t.count(`screen_fact_rejected`,r),...t.count(`screen_fact_unsupported`,e.unsupported.length)]}function H(e,t){return[...t.moment(`screen_fact_known_until`,e.known_until),...t.ago(`screen_fact_last_fetch`,e.last_success),...t.moment(`screen_fact_next_fetch`,e.next_fetch?.at),...t.seconds(`screen_fact_fetch_time`,e.seconds),...t.share(`screen_fact_success_rate`,e.success_rate),...t.count(`screen_fact_failures`,e.failures)]}var U={pv:{error:`screen_fact_sun_error`,daily:`screen_fact_sun_daily`,hourly:`screen_fact_sun_hourly`},load:{error:`screen_fact_house_error`,daily:`screen_fact_house_daily`,hourly:`screen_fact_house_hourly`}};function W(e,t,n){let r=t?.[e],i=U[e];return[...n.share(i.error,r?.relative_error),...n.energy(i.daily,r?.mean_absolute_error),...n.share(i.hourly,r?.hourly_error)]}var G={good:o`<circle cx="10" cy="10" r="9"></circle><path class="on" d="M5.5 10.5 8.8 13.5 14.5 7"></path>`,warn:o`<path d="M10 1 19.5 18.5H.5Z"></path><path class="on" d="M10 7V12.5M10 14.6V16.2"></path>`,bad:o`<rect x="1" y="1" width="18" height="18" rx="2"></rect><path class="on" d="M6 6 14 14M14 6 6 14"></path>`,off:o`<circle class="hollow" cx="10" cy="10" r="8"></circle>`},K=class extends p{constructor(...e){super(...e),this.health=new s(this),this.plan=new s(this),this.clock=new c(this),this.connection=new l(this)}prepare(e){let{entry_id:t,trading:n}=this.entry;this.health.use(e.connection,{type:`nattery/health/subscribe`,entry_id:t}),this.plan.use(e.connection,n?{type:`nattery/plan/subscribe`,entry_id:t}:void 0),this.connection.use(e.connection)}view(t){let{value:r,error:i,at:a}=this.health.feed;if(!r){if(r===void 0&&!i)return this.skeleton();let n=i?`screen_failed`:`screen_not_running_short`;return e`<ha-card><p>${t.text(n,{entry:this.entry.title})}</p></ha-card>`}let o=this.clock.now,s={home:t,entry:this.entry,health:r,plan:this.plan.feed.value,now:o},c=b(s),[l,u]=x(t,c),d=this.connection.lostAt!==void 0;return e`${d?e`<div class="strip warn" role="status">
              <p>${t.text(`screen_as_of`,{time:t.formats.clock(a)})}</p>
            </div>`:n}
      <ha-card class=${d?`lost`:``}>
        <h2 class="verdict" role="status">${q(l)} ${u}</h2>
      </ha-card>
      <div class="parts ${d?`lost`:``}">${c.map(e=>this.partCard(s,e))}</div>`}partCard(t,r){let{home:i}=t,a=R(r.key,t);return e`<ha-card>
      <div class="apart">
        <h2>${i.text(r.title)}</h2>
        <span class="light ${r.light}">${q(r.light)} ${i.text(m[r.light])}</span>
      </div>
      <p>${r.sentence}</p>
      ${r.key===`repairs`?this.issues(i,t.health.issues):n}
      ${a.length>0?e`<details>
              <summary>${i.text(`screen_numbers`)}</summary>
              <dl class="facts">
                ${a.map(([t,n])=>e`<div>
                      <dt class="quiet">${i.text(t)}</dt>
                      <dd class="number">${n}</dd>
                    </div>`)}
              </dl>
              ${r.key===`prices`?this.fetches(t):n}
            </details>`:n}
    </ha-card>`}issues(t,r){return r.length===0?n:e`<ul>
        ${r.map(({key:r,severity:a,placeholders:o,ignored:s})=>{let c=t.words.find(`issues.${r}.title`)??r;return e`<li class=${s?`quiet`:``}>
            ${q(s?`off`:a===`warning`?`warn`:`bad`)}
            <span>
              ${i(c,{entry:this.entry.title,...o})}
              ${s?e`<span class="small">${t.text(`screen_ignored`)}</span>`:n}
            </span>
          </li>`})}
      </ul>
      ${t.user?.is_admin===!0?e`<a class="link" href="/config/repairs">${t.text(`screen_see_repairs`)}</a>`:n}`}fetches({home:t,health:r}){let i=(r.fetches??[]).slice(-10).reverse();if(i.length===0)return n;let{formats:a}=t,o={formats:a,text:t.text.bind(t)};return e`<h3>${t.text(`screen_fetches`)}</h3>
      <ul>
        ${i.map(({at:r,source:i,outcome:s,seconds:c})=>e`<li class="small number">
              ${q(s===`ok`?`good`:`warn`)}
              <span>
                ${w(o,Date.parse(r))} ·
                ${t.words.find(`entity.sensor.price_source.state.${i}`)??i}
                ${s===`ok`?n:e` · ${s}`}
                ${c===null?n:e` · ${a.number(c,1)} s`}
              </span>
            </li>`)}
      </ul>`}skeleton(){return e`<ha-card aria-busy="true"><i class="bone"></i><i class="bone"></i><i class="bone"></i></ha-card>`}static{this.styles=[a,r,u,t`
      :host,
      .parts {
        display: grid;
        gap: 12px;
      }
      .parts {
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr));
        align-items: start;
      }
      .verdict {
        display: flex;
        gap: 12px;
        align-items: center;
        font-size: 20px;
      }
      .verdict svg {
        width: 28px;
        height: 28px;
      }
      .light {
        display: inline-flex;
        gap: 8px;
        align-items: center;
        font-weight: 600;
      }
      svg {
        flex: none;
        width: 18px;
        height: 18px;
        fill: var(--light);
      }
      svg.good {
        --light: var(--n-good);
      }
      svg.warn {
        --light: var(--n-warn);
      }
      svg.bad {
        --light: var(--n-bad);
      }
      svg.off {
        --light: var(--n-ink-2);
      }
      .hollow {
        fill: none;
        stroke: var(--light);
        stroke-width: 2;
      }
      .on {
        fill: none;
        stroke: var(--n-card);
        stroke-width: 2;
      }
      ul {
        display: grid;
        gap: 6px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: flex;
        gap: 8px;
      }
      h3 {
        margin: 12px 0 4px;
      }
      @media (forced-colors: active) {
        svg {
          forced-color-adjust: none;
          --light: CanvasText !important;
        }
        .on {
          stroke: Canvas;
        }
      }
    `]}};function q(t){return e`<svg class=${t} viewBox="0 0 20 20" aria-hidden="true">${G[t]}</svg>`}customElements.define(`nattery-health-page`,K);export{K as HealthPage};