import{_ as e,a as t,b as n,c as r,d as i,h as a,i as o,m as s,n as c,o as l,p as u,r as d,t as f,y as p}from"./styles.js";import{i as m,n as ee,t as h}from"./page-styles.js";import{n as g}from"./model-forecast.js";import{t as _}from"./page.js";var v=24,y=/* @__PURE__ */ new WeakMap;function b(e,t,n,r){let i=y.get(e);i||y.set(e,i=/* @__PURE__ */ new Map);let a=`${t} ${n.period} ${n.start}`,o=i.get(a);if(o?.stamp===r)return o.rows;let s=e.sendMessagePromise({type:`call_service`,domain:`nattery`,service:`get_ledger`,service_data:{config_entry_id:t,...n},return_response:!0}).then(({response:e})=>e.rows);i.set(a,{stamp:r,rows:s}),s.catch(()=>i.delete(a));let c=i.keys().next();return i.size>v&&!c.done&&i.delete(c.value),s}var x=class{constructor(e){this.host=e,this.key=``,e.addController(this)}hostConnected(){this.key=``}use(e,t,n,r){if(t===void 0)return;let i=JSON.stringify([t,n.period,n.start,r]);i!==this.key&&(this.key=i,this.read(i,b(e,t,n,r)))}async read(e,t){try{let n=await t;if(e!==this.key)return;this.rows=n,this.error=void 0}catch(t){if(e!==this.key)return;this.error=i(t)}this.host.requestUpdate()}},te=[7,30,90,365],ne=30,re=96,ie=.005,S=.95;function ae(e){return[{name:`capacity`,text:`screen_backtest_capacity`,unit:`kWh`,low:.1,high:1e3},{name:`charge`,text:`screen_backtest_charge`,unit:`kW`,low:.1,high:100},{name:`discharge`,text:`screen_backtest_discharge`,unit:`kW`,low:.1,high:100},{name:`battery_price`,text:`screen_backtest_battery_price`,unit:e,low:0,high:1e6},{name:`peak_price`,text:`screen_backtest_peak_price`,unit:`${e}/kW`,low:0,high:1e4}]}function C(e,t){if(!t)return``;let n={capacity:t.capacity_kwh,charge:t.charge_w/1e3,discharge:t.discharge_w/1e3};return String(n[e]??``)}function w({low:e,high:t},n){let r=n.trim().replace(`,`,`.`);if(r===``)return;let i=Number(r);return Number.isFinite(i)&&i>=e&&i<=t?i:null}function T(e,t,n,i,a){let o={};for(let r of t){let t=w(r,e.texts[r.name]??``);if(t===null)return;t!==void 0&&String(t)!==C(r.name,n)&&(o[r.name]=t)}if(e.days!==ne){let{zone:t}=i.formats,n=t.dayOf(a);o.start=new Date(t.startOf(r(n,-e.days))).toISOString(),o.end=new Date(t.startOf(n)).toISOString()}return o}function E(e,t,n){let r=n.actual-n.closed_loop,i=Math.max(1,Math.round(n.quarters/re)),a={sum:e.formats.money(r,n.currency),days:e.formats.number(i),what:O(e,t,n.currency)};return e.text(D[a.what?`changed`:`own`][Math.abs(r)<ie?`same`:r>0?`more`:`less`],a)}var D={changed:{more:`screen_backtest_more`,less:`screen_backtest_less`,same:`screen_backtest_same`},own:{more:`screen_backtest_own_more`,less:`screen_backtest_own_less`,same:`screen_backtest_own_same`}};function O(e,t,n){let{formats:r}=e,{capacity:i,charge:a,discharge:o,battery_price:s,peak_price:c}=t,l=(t,n)=>n===void 0?void 0:e.text(t,{power:r.power(n)}),u=(t,i)=>i===void 0?void 0:e.text(t,{sum:r.money(i,n)}),d=[i===void 0?void 0:r.energy(i),l(`screen_backtest_with_charge`,a),l(`screen_backtest_with_discharge`,o),u(`screen_backtest_with_price`,s),u(`screen_backtest_with_peak`,c)];return r.list(d.filter(e=>e!==void 0))}function k(e){return[{text:`screen_baseline_none`,cost:e.no_battery},{text:`screen_way_self_consumption`,cost:e.self_consumption},{text:`screen_way_daily_plan`,cost:e.daily_plan},{text:`screen_way_closed_loop`,cost:e.closed_loop},{text:`screen_way_perfect_forecast`,cost:e.perfect_forecast},{text:`screen_baseline_real`,cost:e.actual}].sort((e,t)=>t.cost-e.cost)}function oe({coverage:e}){return e<S}function se(e,{progress:t,seconds_left:n}){let r=e.formats.percent(t);if(n===null)return r;let i=n>90,a=e.formats.number(i?Math.round(n/60):n);return`${r} · ${e.text(i?`screen_minutes_left`:`screen_seconds_left`,{count:a})}`}var A=class extends d{constructor(...e){super(...e),this.currency=`EUR`,this.status=new m(this,({value:e})=>{this.explain(e?.error??null)}),this.form={texts:{},days:30},this.error=``,this.failure=``,this.hasStarted=!1}prepare(e){this.status.use(e.connection,{type:`nattery/backtest/subscribe`,entry_id:this.entry.entry_id})}view(t){let n=this.status.feed.value;return e`<ha-card>
      <h2>${t.text(`screen_backtest`)}</h2>
      <p class="quiet">${t.text(`screen_backtest_explained`)}</p>
      ${n?n.state===`running`?this.running(t,n):this.inputs(t):a}
      ${this.error?e`<p class="bad" role="alert">${this.error}</p>`:a}
      ${n&&n.state!==`running`?this.outcome(t,n):a}
    </ha-card>`}inputs(t){let n=ae(this.currency),r=T(this.form,n,this.entry.limits,t,Date.now());return e`<form
      @submit=${e=>{e.preventDefault(),r&&this.start(t,r)}}
    >
      <div class="fields">
        ${n.map(e=>this.input(t,e))}
        <label class="field">
          <span class="small quiet">${t.text(`screen_backtest_span`)}</span>
          <select
            @change=${e=>{this.form={...this.form,days:Number(e.currentTarget.value)}}}
          >
            ${te.map(n=>e`<option value=${n} ?selected=${n===this.form.days}>
                  ${t.text(`screen_backtest_days`,{days:t.formats.number(n)})}
                </option>`)}
          </select>
        </label>
      </div>
      <div class="row">
        ${r?e`<button class="primary">${t.text(`screen_backtest_start`)}</button>`:a}
      </div>
    </form>`}input(t,n){let{name:r,unit:i}=n,o=this.form.texts[r]??C(r,this.entry.limits),s=w(n,o)===null,[c,l]=[n.low,n.high].map(e=>t.formats.number(e,1));return e`<label class="field">
      <span class="small quiet">${t.text(n.text)} (${i})</span>
      <input
        inputmode="decimal"
        autocomplete="off"
        placeholder=${t.text(`screen_backtest_as_it_is`)}
        aria-invalid=${s}
        .value=${o}
        @input=${e=>{let t=e.currentTarget.value;this.form={...this.form,texts:{...this.form.texts,[r]:t}}}}
      />
      ${s?e`<span class="small bad" role="alert">
              ${t.text(`screen_enter_between`,{low:c??``,high:l??``})}
            </span>`:a}
    </label>`}running(t,n){let r=se(t,n);return e`<div class="running">
      <progress max="1" value=${n.progress} aria-label=${t.text(`screen_backtest`)}></progress>
      <span class="number">${r}</span>
      ${this.hasStarted||this.entry.may.steer?e`<button @click=${()=>void this.cancel(t)}>${t.text(`screen_cancel`)}</button>`:a}
    </div>`}outcome(t,n){let{state:r,result:i}=n,o=Date.parse(n.finished_at??``);return e`<div aria-live="polite" class="outcome">
      ${r===`failed`&&this.failure?e`<p class="bad" role="alert">${this.failure}</p>`:a}
      ${r===`cancelled`?e`<p class="quiet">${t.text(`screen_backtest_cancelled`)}</p>`:a}
      ${r===`done`&&i?e`<p class="result">${E(t,n.request??{},i)}</p>
              ${this.result(t,i,o)}`:a}
    </div>`}result(t,n,r){let{formats:i}=t,o=k(n),s=o.map(({cost:e})=>e),[c,l]=[Math.min(0,...s),Math.max(0,...s)],u=e=>e/(l-c||1)*100,d=e=>i.date(Date.parse(e));return e`${oe(n)?e`<p class="small quiet">
              ${t.text(`screen_backtest_coverage`,{share:i.percent(n.coverage)})}
            </p>`:a}
      <details>
        <summary>${t.text(`screen_backtest_ways`)}</summary>
        <dl class="ways">
          ${o.map(({text:r,cost:i})=>e`<dt>${t.text(r)}</dt>
                <dd>
                  <i class="axis" style="inset-inline-start:${u(-c)}%"></i>
                  <i
                    class=${i<0?`earned`:``}
                    style="inset-inline-start:${u(Math.min(0,i)-c)}%;width:${u(Math.abs(i))}%"
                  ></i>
                </dd>
                <dd class="number">${t.cost(i,n.currency)}</dd>`)}
        </dl>
        <p class="small quiet">
          ${t.text(`screen_backtest_period`,{start:d(n.start),end:d(n.end)})}
          ${Number.isNaN(r)?a:t.text(`screen_backtest_made`,{date:i.date(r),time:i.clock(r)})}
          ${t.text(`screen_baseline_wear`)}
        </p>
      </details>`}start(e,t){return this.hasStarted=!0,this.send(e,{type:`nattery/backtest/start`,...t})}cancel(e){return this.send(e,{type:`nattery/backtest/cancel`})}async send(e,t){this.error=``;try{await e.command({...t,entry_id:this.entry.entry_id})}catch(t){this.error=await e.errorText(t)}}async explain(e){if(!e||!this.home)return;let{key:t,values:n,message:r}=e,i=t===null?{}:{translation_domain:`nattery`,translation_key:t};this.failure=await this.home.errorText({code:`failed`,message:r,translation_placeholders:n,...i})}static{this.styles=[f,c,h,n`
      form,
      .outcome {
        display: grid;
        gap: 12px;
      }
      .outcome:empty {
        display: none;
      }
      .fields {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 150px), 1fr));
        gap: 12px;
        align-items: end;
      }
      .running {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 16px;
        align-items: center;
      }
      progress {
        flex: 1 1 160px;
        height: 8px;
        accent-color: var(--n-good);
      }
      .result {
        font-size: 18px;
      }
      .ways {
        display: grid;
        grid-template-columns: minmax(0, auto) minmax(60px, 1fr) auto;
        gap: 8px 12px;
        align-items: center;
      }
      .ways dd:not(.number) {
        position: relative;
        height: 14px;
      }
      .ways i {
        position: absolute;
        inset-block: 0;
        min-width: 1px;
        border-radius: 2px;
        background: var(--n-hold);
      }
      .ways i.earned {
        background: var(--n-good);
      }
      .ways i.axis {
        inset-block: -4px;
        width: 1px;
        background: var(--n-ink-2);
      }
      .ways .number {
        text-align: end;
      }
      :host([narrow]) .ways {
        font-size: 13px;
      }
    `]}};l([s({attribute:!1})],A.prototype,`entry`,void 0),l([s({attribute:!1})],A.prototype,`currency`,void 0),l([u()],A.prototype,`form`,void 0),l([u()],A.prototype,`error`,void 0),l([u()],A.prototype,`failure`,void 0),l([u()],A.prototype,`hasStarted`,void 0),customElements.get(`nattery-backtest`)||customElements.define(`nattery-backtest`,A);var ce=1.5,j=56;function M(e,t,n){let r=e.flatMap(({saved:e,byPlanning:t,expected:n})=>[e??0,t??0,n??0]),[i,a]=[Math.min(0,...r),Math.max(0,...r)],o=a-i||1,s=t/Math.max(1,e.length),c=e=>(a-e)/o*n,l=(e,t,n)=>{if(t===null)return;let r=Math.min(s*.78,j)*n,i=Math.max(ce,Math.abs(c(t)-c(0))),a=t<0;return{x:(e+.5)*s-r/2,y:a?c(0):c(0)-i,width:r,height:i,isLoss:a}};return{step:s,zero:c(0),ticks:N(i,a).map(e=>({value:e,y:c(e)})),bars:e.map(({saved:e,byPlanning:t,expected:n},r)=>({saved:l(r,e,1),byPlanning:l(r,t,.44),expected:l(r,n,.44)}))}}function N(e,t){let n=t-e;if(!(n>0))return[0];let r=n/4,i=10**Math.floor(Math.log10(r)),a=([1,2,5].find(e=>e*i>=r)??10)*i,o=[];for(let n=Math.ceil(e/a-1e-9);n*a<=t+a*1e-9;n++)o.push(n*a);return o}function P(e,{step:t,bars:n}){return Math.min(n.length-1,Math.max(0,Math.floor(e/t)))}var F=20,I=44,L=8,R=class extends d{constructor(...e){super(...e),this.bars=[],this.chosen=-1,this.currency=`EUR`,this.label=``,this.nameOf=()=>``,this.textOf=()=>``,this.tall=160,this.width=0,this.sizes=new ResizeObserver(([e])=>{e&&(this.width=Math.round(e.contentRect.width))}),this.key=e=>{let t=this.bars.length-1,n=this.chosen<0?t:this.chosen,r={ArrowLeft:n-1,ArrowRight:n+1,Home:0,End:t};r.ArrowDown=n-1,r.ArrowUp=n+1;let i=r[e.key];if(i!==void 0)o(this,`bar-chosen`,Math.min(t,Math.max(0,i)));else if(e.key===`Enter`&&this.chosen>=0)o(this,`bar-opened`,this.chosen);else return;e.preventDefault()}}connectedCallback(){super.connectedCallback(),this.sizes.observe(this)}disconnectedCallback(){super.disconnectedCallback(),this.sizes.disconnect()}view(t){let{bars:n,chosen:r,tall:i,width:o}=this;if(o===0)return a;let s=M(n,Math.max(1,o-I),i),c=n[r];return e`<svg
      viewBox="0 0 ${o} ${i+L+F}"
      height=${i+L+F}
      tabindex="0"
      role="slider"
      aria-label=${this.label}
      aria-valuemin="1"
      aria-valuemax=${n.length}
      aria-valuenow=${Math.max(1,r+1)}
      aria-valuetext=${c?this.textOf(c):this.label}
      @keydown=${this.key}
      @pointerdown=${e=>{this.press(e,s)}}
    >
      <g transform="translate(${I} ${L})">
        ${s.ticks.map(({value:e,y:n})=>p`<line class=${e===0?`zero`:`grid`} x1="0" x2=${o-I} y1=${n} y2=${n}></line>
              <text x="-6" y=${n+4} text-anchor="end">${B(t,e,this.currency)}</text>`)}
        ${r<0?a:p`<rect class="chosen" x=${r*s.step} y=${-8} width=${s.step} height=${i+L}></rect>`}
        ${s.bars.map((e,t)=>p`${z(`saved`,e.saved)} ${z(`expected`,e.expected)} ${z(`planning`,e.byPlanning)}
              <text class="name" x=${(t+.5)*s.step} y=${i+15} text-anchor="middle">
                ${n[t]?this.nameOf(n[t],t):a}
              </text>`)}
      </g>
    </svg>`}press(e,t){let n=e.currentTarget,r=P(e.clientX-n.getBoundingClientRect().left-I,t),i=e.pointerType===`mouse`?e.button===0:r===this.chosen;o(this,`bar-chosen`,r),i&&o(this,`bar-opened`,r)}static{this.styles=[f,c,n`
      svg {
        display: block;
        width: 100%;
        cursor: pointer;
        touch-action: pan-y;
      }
      text {
        fill: var(--n-ink-2);
        font-size: 11px;
      }
      .grid {
        stroke: var(--n-line);
      }
      .zero {
        stroke: var(--n-ink-2);
      }
      .saved {
        fill: color-mix(in srgb, var(--n-good) 38%, var(--n-card));
      }
      .planning {
        fill: var(--n-good);
      }
      .expected {
        fill: none;
        stroke: var(--n-good);
        stroke-dasharray: 3 2;
      }
      .loss.saved {
        fill: color-mix(in srgb, var(--n-bad) 38%, var(--n-card));
      }
      .loss.planning {
        fill: var(--n-bad);
      }
      .loss.expected {
        stroke: var(--n-bad);
      }
      .chosen {
        fill: color-mix(in srgb, var(--n-ink) 9%, transparent);
      }
      @media (forced-colors: active) {
        .saved {
          fill: Canvas;
          stroke: CanvasText;
        }
        .planning {
          fill: CanvasText;
        }
        .chosen {
          fill: none;
          stroke: Highlight;
        }
      }
    `]}};l([s({attribute:!1})],R.prototype,`bars`,void 0),l([s({attribute:!1})],R.prototype,`chosen`,void 0),l([s({attribute:!1})],R.prototype,`currency`,void 0),l([s({attribute:!1})],R.prototype,`label`,void 0),l([s({attribute:!1})],R.prototype,`nameOf`,void 0),l([s({attribute:!1})],R.prototype,`textOf`,void 0),l([s({attribute:!1})],R.prototype,`tall`,void 0),l([u()],R.prototype,`width`,void 0);function z(e,t){if(!t)return a;let{x:n,y:r,width:i,height:o}=t;return p`<rect class="${e} ${t.isLoss?`loss`:``}" x=${n} y=${r} width=${i} height=${o} rx="1.5"></rect>`}function B(e,t,n){let r=e.formats.money(t,n).replace(/[.,]00(?=\D*$)/,``);return t<0?`−${r}`:r}customElements.get(`nattery-saving-bars`)||customElements.define(`nattery-saving-bars`,R);var V=12,H=.95,U=36e5;function W(e,t){return t.dayOf(e).slice(0,7)}function G(e,t){let[n=0,r=1]=e.split(`-`).map(Number),i=n*12+r-1+t;return`${String(Math.floor(i/12)).padStart(4,`0`)}-${String(i%12+1).padStart(2,`0`)}`}function K(e,t){return{start:t.startOf(`${e}-01`),end:t.startOf(`${G(e,1)}-01`)}}function le(e,t){return{start:K(G(W(e,t),-11),t).start,end:e}}function ue(e,t,n){let r=new Map(e.filter(J).map(e=>[W(Date.parse(e.start),n),e])),i=W(t,n),a=Array.from({length:V},(e,t)=>G(i,t+1-V)),o=a.findIndex(e=>r.has(e));return a.slice(Math.max(0,o)).map(e=>q(e,K(e,n).start,r.get(e)))}function de(e,t,n,i,a){let o=new Map(e.filter(J).map(e=>[i.dayOf(Date.parse(e.start)),e])),s=i.dayOf(n),c=/* @__PURE__ */ new Map([[s,a?.today?.saving??null],[r(s,1),a?.tomorrow?.saving??null]]),l=[];for(let e=`${t}-01`;e.startsWith(t);e=r(e,1))l.push(q(e,i.startOf(e),o.get(e),c.get(e)));return l}function q(e,t,n,r=null){return{key:e,start:t,saved:n?.saved_over_no_battery??null,byPlanning:n?.saved_over_self_consumption??null,expected:r,row:n}}function J(e){return e.priced_coverage>0&&e.saved_over_no_battery!==null}function fe(e,t){let[n,r]=[Date.parse(e.start),Date.parse(e.end)],i=(Math.min(r,t)-n)/U,a=e.priced_coverage*(r-n)/U;return i>=1&&a<i*H?{counted:Math.floor(a),all:Math.round(i)}:void 0}var Y=e=>e<=-.005;function X(e,t,n){let r=e.formats.money(t,n);return e.text(Y(t)?`screen_lost_by_planning`:`screen_of_it_by_planning`,{sum:r})}function Z(e,{saved:t,byPlanning:n,expected:r},i,a){let o=[];if(t!==null){let r=e.formats.money(t,a);o.push(e.text(Y(t)?`screen_bar_lost`:`screen_bar_saved`,{sum:r})),n!==null&&o.push(X(e,n,a))}return r!==null&&o.push(e.text(`screen_bar_expected`,{saving:e.saving(r,a)})),o.length===0&&o.push(e.text(`screen_bar_nothing`)),e.text(`screen_day_saving`,{day:i,sum:o.join(`, `)})}function pe(t,n,r,i){let{formats:o}=t,s=o.month(o.zone.startOf(`${r}-01`)),c=n?.saved??null;return c===null?e`<h2>${s}</h2>
      <p class="quiet">${t.text(`screen_nothing_booked_month`)}</p>`:e`<h2>${t.text(Y(c)?`screen_lost_in`:`screen_saved_in`,{month:s})}</h2>
    <div class="apart">
      <p class="sum number ${Y(c)?`bad`:`good`}">${o.money(c,i)}</p>
      ${n?.byPlanning==null?a:e`<p class="quiet">${X(t,n.byPlanning,i)}</p>`}
    </div>`}function me(t,n,r){let i=[[`screen_baseline_real`,n.cost],[`screen_baseline_self_use`,n.self_consumption_cost],[`screen_baseline_none`,n.no_battery_cost]];return e`<dl class="facts small">
    ${i.map(([n,i])=>i===null?a:e`<div>
            <dt class="quiet">${t.text(n)}</dt>
            <dd class="number">${t.cost(i,r)}</dd>
          </div>`)}
  </dl>`}function he(t,n,r,i){let a=e=>e===null?`–`:`${Y(e)?`−`:``}${t.formats.money(e,r)}`,o=[`screen_day`,`screen_legend_no_battery`,`screen_legend_planning`,`screen_legend_expected`],s=n.filter(({saved:e,expected:t})=>e!==null||t!==null);return e`<div class="scroll" tabindex="0" role="region" aria-label=${t.text(`screen_savings_table`)}>
    <table class="number small">
      <thead>
        <tr>
          ${o.map(n=>e`<th scope="col" class="quiet">${t.text(n)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${s.map(({key:n,start:r,saved:o,byPlanning:s,expected:c})=>e`<tr>
              <th scope="row"><a href=${i(n)}>${t.formats.day(r)}</a></th>
              <td>${a(o)}</td>
              <td>${a(s)}</td>
              <td>${a(c)}</td>
            </tr>`)}
      </tbody>
    </table>
  </div>`}var ge=9e5,_e=6e4,Q=class extends _{constructor(...e){super(...e),this.months=new x(this),this.days=new x(this),this.plan=new m(this),this.health=new m(this),this.clock=new ee(this),this.isTable=!1,this.errorText=``,this.toggleTable=()=>{this.isTable=!this.isTable}}prepare(e){let{entry_id:t}=this.entry,{zone:n}=e.formats,{now:r}=this.clock,i=e=>({type:e,entry_id:t});this.plan.use(e.connection,i(`nattery/plan/subscribe`)),this.health.use(e.connection,i(`nattery/health/subscribe`));let a=Math.floor((r-_e)/ge);this.months.use(e.connection,t,{period:`month`,...$(le(r,n))},String(a));let o=K(this.shownMonth(e),n),s=o.end<=r,c={start:o.start,end:s?o.end:r};c.end>c.start&&this.days.use(e.connection,t,{period:`day`,...$(c)},s?`past`:String(a));let l=this.months.error??this.days.error;l!==this.explained&&this.explain(e,l)}view(t){let n=this.currency;return e`${this.errorText?e`<div class="strip bad" role="alert"><p>${this.errorText}</p></div>`:a}
      ${this.months.rows?this.charts(t,n):this.errorText?a:this.skeleton()}
      <div class="two">
        ${this.outlook(t,n)}
        <nattery-backtest
          .hass=${this.hass}
          .entry=${this.entry}
          .currency=${n}
          ?narrow=${this.narrow}
        ></nattery-backtest>
      </div>`}charts(t,n){let{now:r}=this.clock,{zone:i}=t.formats,a=ue(this.months.rows??[],r,i),o=this.shownMonth(t),s=a.find(({key:e})=>e===o);return e`<div class="two">
      <ha-card>
        <h2>${t.text(`screen_savings_months`)}</h2>
        <nattery-saving-bars
          .hass=${this.hass}
          .bars=${a}
          .chosen=${a.findIndex(({key:e})=>e===o)}
          .currency=${n}
          .label=${t.text(`screen_savings_months_label`)}
          .nameOf=${e=>t.formats.month(e.start,!1).slice(0,3)}
          .textOf=${e=>Z(t,e,t.formats.month(e.start),n)}
          @bar-chosen=${e=>{this.month=a[e.detail]?.key,this.chosenDay=void 0}}
        ></nattery-saving-bars>
        ${this.legend(t)}
      </ha-card>
      <ha-card>${pe(t,s,o,n)} ${this.daysOf(t,o,n)}</ha-card>
    </div>`}daysOf(n,r,i){let{now:o}=this.clock,{zone:s}=n.formats,c=de(this.days.rows??[],r,o,s,this.plan.feed.value),l=this.chosenDay??s.dayOf(o),u=c.findIndex(({key:e})=>e===l);return e`<nattery-saving-bars
        .hass=${this.hass}
        .bars=${c}
        .chosen=${u}
        .currency=${i}
        .tall=${130}
        .label=${n.text(`screen_savings_chart_label`)}
        .nameOf=${(e,t)=>t===0||(t+1)%5==0?String(t+1):``}
        .textOf=${e=>Z(n,e,n.formats.day(e.start,!0),i)}
        @bar-chosen=${e=>{this.chosenDay=c[e.detail]?.key}}
        @bar-opened=${e=>{let n=c[e.detail];n&&t(this.planOf(n.key))}}
      ></nattery-saving-bars>
      ${this.details(n,c[u],i)}
      <button class="link" aria-expanded=${this.isTable} @click=${this.toggleTable}>
        ${n.text(this.isTable?`screen_hide_table`:`screen_show_table`)}
      </button>
      ${this.isTable?he(n,c,i,e=>this.planOf(e)):a}`}details(n,r,i){if(!r)return a;let o=r.row&&fe(r.row,this.clock.now),{formats:s}=n;return e`<div class="details">
      <div class="apart">
        <p>${Z(n,r,s.day(r.start),i)}</p>
        <a
          class="link"
          href=${this.planOf(r.key)}
          @click=${e=>{e.ctrlKey||e.metaKey||e.shiftKey||(e.preventDefault(),t(this.planOf(r.key)))}}
          >${n.text(`screen_open_day`)}</a
        >
      </div>
      ${r.row?me(n,r.row,i):a}
      ${o?e`<p class="small quiet">
              ${n.text(`screen_counted_hours`,{counted:s.number(o.counted),hours:s.number(o.all)})}
            </p>`:a}
    </div>`}legend(t){return e`<p class="legend quiet small">
        <span><i class="saved"></i>${t.text(`screen_legend_no_battery`)}</span>
        <span><i class="planning"></i>${t.text(`screen_legend_planning`)}</span>
        <span><i class="expected"></i>${t.text(`screen_legend_expected`)}</span>
      </p>
      <details>
        <summary class="small">${t.text(`screen_compared_with`)}</summary>
        <p class="quiet small">${t.text(`screen_baselines_explained`)} ${t.text(`screen_baseline_wear`)}</p>
      </details>`}outlook(t,n){let r=this.plan.feed.value,[i,o]=[r?.today,r?.tomorrow],s=this.health.feed.value,c=s?g(t,s.forecast):void 0;return e`<ha-card>
      <h2>${t.text(`screen_outlook`)}</h2>
      ${i?.saving==null&&o?.saving==null?e`<p class="quiet">${t.text(`screen_outlook_none`)}</p>`:a}
      ${i?.saving==null?a:e`<p>
              ${t.text(`screen_outlook_today`,{saving:t.saving(i.saving,n)})}
              ${i.so_far?.saving==null?a:e`<span class="quiet">
                      ${t.text(`screen_outlook_so_far`,{saving:t.saving(i.so_far.saving,n)})}
                    </span>`}
            </p>`}
      ${o?.saving==null?a:e`<p class="quiet">
              ${t.text(`screen_outlook_tomorrow`,{saving:t.saving(o.saving,n)})}
            </p>`}
      <h2>${t.text(`screen_part_forecast`)}</h2>
      <p>${c??t.text(`screen_forecast_none`)}</p>
    </ha-card>`}shownMonth(e){return this.month??W(this.clock.now,e.formats.zone)}get currency(){return this.months.rows?.findLast(e=>e.currency!==null)?.currency??this.entry.currency??`EUR`}planOf(e){let t=new URLSearchParams(location.search);return t.set(`day`,e),`/nattery/plan?${t.toString()}`}async explain(e,t){this.explained=t,this.errorText=t?await e.errorText(t):``}skeleton(){return e`<ha-card aria-busy="true"><i class="bone"></i><i class="bone"></i><i class="bone"></i></ha-card>`}static{this.styles=[f,c,h,n`
      :host,
      .two {
        display: grid;
        gap: 12px;
      }
      @media (min-width: 1000px) {
        .two {
          grid-template-columns: minmax(0, 2fr) minmax(0, 3fr);
        }
      }
      .two > * {
        min-width: 0;
      }
      .details {
        display: grid;
        gap: 4px;
      }
      button.link {
        justify-self: end;
      }
      .legend {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 16px;
      }
      .legend i {
        display: inline-block;
        width: 14px;
        height: 10px;
        margin-inline-end: 6px;
        border-radius: 2px;
      }
      i.saved {
        background: color-mix(in srgb, var(--n-good) 38%, var(--n-card));
      }
      i.planning {
        width: 7px;
        background: var(--n-good);
      }
      i.expected {
        width: 8px;
        border: 1px dashed var(--n-good);
      }
      .scroll {
        overflow-x: auto;
      }
      table {
        width: 100%;
        border-collapse: collapse;
      }
      th,
      td {
        padding: 6px 8px;
        text-align: end;
        font-weight: inherit;
        border-bottom: 1px solid var(--n-line);
      }
      th:first-child {
        text-align: start;
      }
      td a,
      th a {
        color: var(--n-pay);
      }
    `]}};l([u()],Q.prototype,`month`,void 0),l([u()],Q.prototype,`chosenDay`,void 0),l([u()],Q.prototype,`isTable`,void 0),l([u()],Q.prototype,`errorText`,void 0);function $({start:e,end:t}){return{start:new Date(e).toISOString(),end:new Date(t).toISOString()}}customElements.define(`nattery-savings-page`,Q);export{Q as SavingsPage};