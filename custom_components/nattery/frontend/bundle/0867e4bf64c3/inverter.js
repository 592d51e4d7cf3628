import{_ as e,b as t,h as n,i as r,m as i,n as a,o,p as s,r as c,t as l,y as u}from"./styles.js";import{i as d,n as ee,r as f,t as p}from"./page-styles.js";import{t as m}from"./page.js";var h=e=>t=>t.group===null&&t.section===e,g=[{key:`live`,title:`screen_registers_live`,holds:h(`P00`)},{key:`status`,title:`screen_registers_status`,holds:h(`P01`)},{key:`settings`,title:`screen_registers_settings`,holds:h(`P04`)},{key:`commands`,title:`screen_registers_commands`,holds:h(`P03`)},{key:`energy`,title:`screen_registers_energy`,holds:h(`P08`)},{key:`device`,title:`screen_registers_device`,holds:h(`P07`)},{key:`three_phase`,title:`screen_registers_three_phase`,holds:({group:e})=>e===`three_phase`},{key:`histories`,title:`screen_registers_histories`,holds:({group:e})=>e===`histories`},{key:`other`,title:`screen_registers_other`,holds:()=>!0}],te=12e4;function ne(e,t){return{table:t.table??e?.table??[],windows:t.windows??e?.windows??[],write_limit:t.write_limit??e?.write_limit??0,values:t.table?t.values:{...e?.values,...t.values},read_at:t.read_at}}function _(e){return e.access!==`R`&&e.risk!==`forbidden`}function re({table:e,windows:t}){let n=new Set(t.flatMap(({start:e,end:t})=>[e,t])),r=e.filter(e=>!n.has(e.symbol)&&(e.access!==`W`||_(e))),i=new Map(g.map(({key:e})=>[e,[]]));for(let e of r)i.get(g.find(({holds:t})=>t(e))?.key??`other`)?.push(e);return g.map(({key:e,title:t})=>({key:e,title:t,rows:i.get(e)??[]})).filter(({rows:e})=>e.length>0)}function ie(e,t,n){let r=t.toLowerCase().split(/\s+/).filter(Boolean),i=e=>{let t=`${n(e)} ${e.symbol} ${e.key}`.toLowerCase();return r.every(e=>t.includes(e))};return e.map(e=>({...e,rows:e.rows.filter(i)})).filter(({rows:e})=>e.length>0)}function v(e,t){let n=e.values[t.symbol],r=[Date.parse(n?.read_at??``),n?.error===null?Date.parse(e.read_at[t.tier]??``):NaN].filter(e=>!Number.isNaN(e));return r.length>0?Math.max(...r):null}function ae(e,t){let n=t.flatMap(t=>v(e,t)??[]);return n.length>0?Math.max(...n):null}function y(e,t){return e!==null&&t!==null&&t-e>te}function b(e,{rows:t}){return t.every(t=>t.group!==null&&(e.values[t.symbol]?.value??null)===null)}var oe={flag:`flag`,enum:`choice`,number:`number`,word:`number`,time:`time`,stamp:`clock`};function x(e,t){return!_(e)||e.controlled&&t?`none`:e.choices.length>0?`choice`:oe[e.kind]??`none`}function se(e,t,n){return e.risk===`risky`?`type`:e.access===`W`||(t?.writes_today??0)>=n?`confirm`:`plain`}function S(e,t){let n=t.trim();if(e.kind===`time`)return/^([01]\d|2[0-3]):[0-5]\d$/.test(n)?{value:n}:w(`screen_enter_time`);let r=n===``?NaN:Number(n.replace(`,`,`.`));if(!Number.isFinite(r))return w(`screen_enter_number`);let{low:i,high:a,scale:o}=e;if(i!==null&&r<i||a!==null&&r>a)return w(`screen_enter_between`,{low:i??r,high:a??r});let s=r/o;return Math.abs(s-Math.round(s))>1e-6?w(`screen_enter_step`,{step:o}):{value:Number((Math.round(s)*o).toFixed(C(o)))}}function C(e){return Math.max(0,Math.round(-Math.log10(e)))}function w(e,t={}){return{problem:{text:e,values:t}}}function T({table:e,windows:t,values:n}){let r=new Map(e.map(e=>[e.symbol,e]));return t.flatMap(e=>{let[t,i]=[r.get(e.start),r.get(e.end)];return t&&i?[E(e,t,i,n)]:[]})}function E({kind:e,number:t},n,r,i){let[a,o]=[i[n.symbol],i[r.symbol]],[s,c]=[D(a),D(o)];return{kind:e,number:t,start:n,end:r,from:s,until:c,isUsed:s!==null&&c!==null&&s!==c,isPending:a?.pending===!0||o?.pending===!0,writesToday:Math.max(a?.writes_today??0,o?.writes_today??0)}}function D(e){return typeof e?.value==`string`?e.value:null}function O(e){let[t=0,n=0]=e.split(`:`).map(Number);return t*60+n}function k(e,t){return(O(t)-O(e)+1440)%1440}function ce(e,t,n){let r={symbol:e.start.symbol,value:t},i={symbol:e.end.symbol,value:n};return e.from===t?e.until===n?[]:[i]:e.until===n?[r]:k(t,e.until??n)<=k(e.from??t,n)?[r,i]:[i,r]}var le=`2026-01-15`,ue=6e4;function A(e,t){return(t.platform===null?void 0:e.words.find(`entity.${t.platform}.${t.key}.name`))??t.name??t.symbol}function j(e,t){let{formats:n}=e;return n.clock(n.zone.startOf(le)+O(t)*ue)}function M(e,t,n){return n==null?e.text(`screen_value_unknown`):Array.isArray(n)?I(e,t,n):t.kind===`flag`?e.text(Number(n)?`on`:`off`):t.kind===`enum`||t.choices.length>0?N(e,t,Number(n)):typeof n==`number`?P(e,t,n):t.kind===`time`?j(e,String(n)):t.kind===`stamp`?F(e,String(n)):String(n)}function N(e,t,n){let r=t.choices.find(e=>e.value===n)?.key;return r==null?P(e,t,n):e.words.find(`entity.${t.platform??``}.${t.key}.state.${r}`)??r}function P(e,t,n){let r=t.kind===`number`||t.kind===`uint32`?e.formats.number(n,C(t.scale)):String(n);return t.unit===null?r:`${r}\u00a0${t.unit}`}function F(e,t){let[n=``,r=``]=t.split(`T`),{formats:i}=e;return`${i.day(i.zone.startOf(n))} ${j(e,r)}`}function I(e,t,n){if(t.kind===`faults`)return L(e,n);if(t.kind===`words`)return n.map(e=>Number(e).toString(16).padStart(4,`0`)).join(` `);let{formats:r}=e;return`${n.map(e=>r.number(Number(e),C(t.scale))).join(` · `)}${t.unit===null?``:`\u00a0${t.unit}`}`}function L(e,t){return t.length===0?e.text(`screen_no_faults`):t.map(({code:t,time:n})=>n===null?String(t):`${t} (${F(e,n)})`).join(` · `)}async function R(e,t,n,r,i=!1){let{response:a}=await e.command({type:`call_service`,domain:`nattery`,service:`write_register`,service_data:{config_entry_id:t,symbol:n,value:r,confirm:i},return_response:!0});return a}function z(e,t,n){if(t.access===`W`)return e.text(`screen_command_sent`);let r=M(e,t,n.new);return n.changed?e.text(`screen_written`,{old:M(e,t,n.old),new:r}):e.text(`screen_written_same`,{value:r})}var B=class extends c{constructor(...e){super(...e),this.limit=0,this.typed=``,this.isAsking=!1,this.isBusy=!1,this.error=``,this.outcome=``,this.hasFocused=!1,this.enter=e=>{this.text=e.currentTarget.value,this.error=``,this.isAsking=!1},this.close=()=>{r(this,`edit-closed`)}}view(t){return this.outcome?e`<div class="row" role="status">
        <p class="good outcome">✓ ${this.outcome}</p>
        <button class="link" @click=${this.close}>${t.text(`screen_close`)}</button>
      </div>`:x(this.row,!1)===`clock`?this.clock(t):this.form(t)}updated(){!this.hasFocused&&this.home?.words.isReady&&(this.hasFocused=!0,this.renderRoot.querySelector(`input, select, button`)?.focus())}clock(t){return e`<p>${t.text(`screen_clock_explained`)}</p>
      <div class="row">
        <button class="primary" ?disabled=${this.isBusy} @click=${()=>void this.syncClock(t)}>
          ${t.text(`screen_clock_set`)}
        </button>
        <button @click=${this.close}>${t.text(`screen_cancel`)}</button>
      </div>
      ${this.failure()}`}form(t){let{row:r}=this,i=this.text===void 0?void 0:S(r,this.text),a=i&&`problem`in i?i.problem:void 0,o=i&&`value`in i?i.value:void 0,s=o!==void 0&&r.access!==`W`&&o===this.value?.value,c=o!==void 0&&!s,l=se(r,this.value,this.limit),u=l!==`type`||this.typed.trim()===r.symbol;return e`<form
      @submit=${e=>{e.preventDefault(),c&&u&&(l===`confirm`&&!this.isAsking?this.isAsking=!0:this.write(t,o,l===`type`))}}
    >
      <div class="fields">
        <label class="field">
          <span class="small quiet">${t.text(r.access===`W`?`screen_command`:`screen_new_value`)}</span>
          ${this.input(t)}
        </label>
        ${c&&l===`type`?this.typing(t):n}
      </div>
      <p class="small ${a?`bad`:`quiet`}" aria-live="polite">
        ${a?V(t,r,a):this.hint(t)}
      </p>
      ${c?this.change(t,o):n}
      ${this.isAsking&&c?e`<p role="alert">${this.question(t)}</p>`:n}
      <div class="row">
        ${c&&u?e`<button class="primary" ?disabled=${this.isBusy}>
                ${t.text(this.isBusy?`screen_writing`:this.isAsking?`screen_write_yes`:`screen_write`)}
              </button>`:n}
        <button type="button" @click=${this.close}>${t.text(`screen_cancel`)}</button>
        ${this.failure()}
      </div>
    </form>`}input(t){let{row:r}=this,i=r.access===`W`?``:String(this.value?.value??``),a=this.text??i,o=r.kind===`flag`?[1,0].map(e=>({value:e,name:t.text(e?`on`:`off`)})):r.choices.map(({value:e})=>({value:e,name:N(t,r,e)}));if(o.length>0)return e`<select @change=${this.enter}>
        ${o.some(({value:e})=>String(e)===a)?n:e`<option value="" selected></option>`}
        ${o.map(({value:t,name:n})=>e`<option value=${t} ?selected=${String(t)===a}>${n}</option>`)}
      </select>`;let s=r.kind===`time`;return e`<input
      type=${s?`time`:`text`}
      inputmode=${s?n:`decimal`}
      autocomplete="off"
      .value=${a}
      @input=${this.enter}
    />`}typing(t){return e`<label class="field">
      <span class="small quiet">${t.text(`screen_type_to_confirm`,{symbol:this.row.symbol})}</span>
      <input
        autocomplete="off"
        spellcheck="false"
        .value=${this.typed}
        @input=${e=>{this.typed=e.currentTarget.value}}
      />
    </label>`}hint(t){let{row:n}=this,r=[];if(n.risk===`risky`&&r.push(t.text(`screen_risky`)),n.low!==null&&n.high!==null&&n.choices.length===0&&n.kind!==`flag`&&r.push(V(t,n,{text:`screen_enter_between`,values:{low:n.low,high:n.high}})),n.access!==`W`){let e=t.formats.number(this.value?.writes_today??0);r.push(t.text(`screen_writes_today`,{count:e,limit:t.formats.number(this.limit)}))}return e`${r.join(` `)}`}change(t,n){let r=M(t,this.row,n);return this.row.access===`W`?e`<p class="change number">${r}</p>`:e`<p class="change number">
      ${M(t,this.row,this.value?.value)} <span aria-hidden="true">→</span>
      <span class="hidden">${t.text(`screen_becomes`)}</span> <b>${r}</b>
    </p>`}question(e){return this.row.access===`W`?e.text(`screen_confirm_command`):e.text(`screen_confirm_worn`,{count:e.formats.number(this.value?.writes_today??0)})}failure(){return this.error?e`<p class="bad" role="alert">${this.error}</p>`:n}write(e,t,n){let{entry:r,row:i}=this;return this.run(e,async()=>{let a=await R(e,r.entry_id,i.symbol,t,n);return z(e,i,a)})}syncClock(e){return this.run(e,async()=>(await e.command({type:`call_service`,domain:`nattery`,service:`sync_clock`,service_data:{config_entry_id:this.entry.entry_id}}),e.text(`screen_clock_done`)))}async run(e,t){if(!this.isBusy){this.error=``,this.isBusy=!0;try{this.outcome=await t()}catch(t){this.error=await e.errorText(t)}finally{this.isBusy=!1,this.isAsking=!1}}}static{this.styles=[l,a,p,t`
      :host,
      form {
        display: grid;
        gap: 8px;
      }
      .fields {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 260px), 1fr));
        gap: 8px 16px;
      }
      .change {
        font-size: 16px;
      }
    `]}};o([i({attribute:!1})],B.prototype,`entry`,void 0),o([i({attribute:!1})],B.prototype,`row`,void 0),o([i({attribute:!1})],B.prototype,`value`,void 0),o([i({attribute:!1})],B.prototype,`limit`,void 0),o([s()],B.prototype,`text`,void 0),o([s()],B.prototype,`typed`,void 0),o([s()],B.prototype,`isAsking`,void 0),o([s()],B.prototype,`isBusy`,void 0),o([s()],B.prototype,`error`,void 0),o([s()],B.prototype,`outcome`,void 0);function V(e,t,{text:n,values:r}){let i=Object.entries(r).map(([n,r])=>[n,P(e,t,r)]);return e.text(n,Object.fromEntries(i))}customElements.get(`nattery-register-edit`)||customElements.define(`nattery-register-edit`,B);var H=1440;function U(e,t,n){let r=e/H*2*Math.PI;return{x:W(n+t*Math.sin(r)),y:W(n-t*Math.cos(r))}}function de(e,t,n,r){let i=(t-e+H)%H,[a,o]=[U(e,n,r),U(t,n,r)];return`M${a.x} ${a.y}A${n} ${n} 0 ${+(i>H/2)} 1 ${o.x} ${o.y}`}function fe(e,t){return(e+(t-e+H)%H/2)%H}function W(e){return Math.round(e*100)/100}var G=240,K=G/2,q={charge:92,discharge:74},pe=[0,3,6,9,12,15,18,21],me={charge:`screen_window_charge`,discharge:`screen_window_discharge`},J={charge:`▲`,discharge:`▼`},Y=class extends c{constructor(...e){super(...e),this.now=0,this.isAutomatic=!1,this.isBusy=!1,this.error=``,this.outcome=``,this.close=()=>{this.edit=void 0}}view(t){let r=T(this.registers);return e`<ha-card>
      <h2>${t.text(`screen_windows`)}</h2>
      ${this.isAutomatic?e`<div class="strip">
              <p>${t.text(`screen_windows_controlled`)}</p>
              <a class="link" href="/nattery/control${location.search}">${t.text(`screen_to_control`)}</a>
            </div>`:n}
      <div class="whole">
        ${this.ring(t,r)}
        <ul>
          ${r.map(e=>this.line(t,e))}
        </ul>
      </div>
    </ha-card>`}ring(t,n){let r=n.filter(({isUsed:e})=>e),i=r.map(e=>`${X(t,e)}: ${Z(t,e)}`),{hour:a,minute:o}=t.formats.zone.local(this.now),s=a*60+o,[c,l]=[U(s,60,K),U(s,104,K)];return e`<svg
      viewBox="0 0 ${G} ${G}"
      role="img"
      aria-label=${i.length>0?i.join(`. `):t.text(`screen_windows_none`)}
    >
      <circle class="track" cx=${K} cy=${K} r=${q.charge}></circle>
      <circle class="track" cx=${K} cy=${K} r=${q.discharge}></circle>
      ${pe.map(e=>this.hour(e))} ${r.map(e=>he(e))}
      <line class="hand" x1=${c.x} y1=${c.y} x2=${l.x} y2=${l.y}></line>
      <text class="time" x=${K} y=${K}>${t.formats.clock(this.now)}</text>
    </svg>`}hour(e){let{x:t,y:n}=U(e*60,112,K);return u`<text class="hour" x=${t} y=${n}>${e}</text>`}line(t,r){let i=this.edit?.symbol===r.start.symbol,a=!this.isAutomatic||!r.start.controlled;return e`<li class=${r.isUsed?``:`unused`}>
      <div class="apart">
        <span>
          <b class=${r.kind} aria-hidden="true">${J[r.kind]}</b> ${X(t,r)}
          ${r.isPending?e`<span class="small">${t.text(`screen_pending`)}</span>`:n}
        </span>
        <span class="row number">
          ${Z(t,r)}
          ${a&&!i?e`<button
                  class="link"
                  aria-label="${t.text(`screen_change`)} ${X(t,r)}"
                  @click=${()=>{this.open(r)}}
                >
                  ${t.text(`screen_change`)}
                </button>`:n}
        </span>
      </div>
      ${i&&this.edit?this.form(t,r,this.edit):n}
    </li>`}form(t,r,i){if(this.outcome)return e`<p class="good" role="status">✓ ${this.outcome}</p>`;let a=[i.from,i.until].every(e=>`value`in S(r.start,e))?ce(r,i.from,i.until):[],o=(n,r)=>e`<label class="field">
        <span class="small quiet">${t.text(r)}</span>
        <input
          type="time"
          .value=${i[n]}
          @input=${e=>{this.edit={...i,[n]:e.currentTarget.value},this.error=``}}
        />
      </label>`;return e`<form
      @submit=${e=>{e.preventDefault(),a.length>0&&this.write(t,r,i,a)}}
    >
      <div class="fields">${o(`from`,`screen_from_label`)} ${o(`until`,`screen_until_label`)}</div>
      ${a.length>0?e`<p class="number">
              ${Z(t,r)} <span aria-hidden="true">→</span>
              <span class="hidden">${t.text(`screen_becomes`)}</span>
              <b>${Q(t,i.from,i.until)}</b>
            </p>`:n}
      <div class="row">
        ${a.length>0?e`<button class="primary" ?disabled=${this.isBusy}>
                ${t.text(this.isBusy?`screen_writing`:`screen_write`)}
              </button>`:n}
        ${r.isUsed&&i.from!==i.until?e`<button
                type="button"
                @click=${()=>{this.edit={...i,from:`00:00`,until:`00:00`}}}
              >
                ${t.text(`screen_window_unuse`)}
              </button>`:n}
        <button type="button" @click=${this.close}>${t.text(`screen_cancel`)}</button>
        ${this.error?e`<p class="bad" role="alert">${this.error}</p>`:n}
      </div>
    </form>`}open(e){this.edit={symbol:e.start.symbol,from:e.from??``,until:e.until??``},this.error=``,this.outcome=``}async write(e,t,n,r){if(this.isBusy)return;this.error=``,this.isBusy=!0;let i=Z(e,t);try{for(let{symbol:t,value:n}of r)await R(e,this.entry.entry_id,t,n);this.outcome=e.text(`screen_written`,{old:i,new:Q(e,n.from,n.until)})}catch(t){this.error=await e.errorText(t)}finally{this.isBusy=!1}}static{this.styles=[l,a,p,t`
      .whole {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 240px), 1fr));
        gap: 16px;
        align-items: center;
      }
      svg {
        display: block;
        width: 100%;
        max-width: 260px;
        margin: 0 auto;
      }
      circle,
      path {
        fill: none;
        stroke-width: 14;
      }
      .track {
        stroke: color-mix(in srgb, var(--n-ink) 8%, transparent);
      }
      path.charge {
        stroke: var(--n-charge);
      }
      path.discharge {
        stroke: var(--n-discharge);
      }
      b.charge {
        color: var(--n-charge);
      }
      b.discharge {
        color: var(--n-discharge);
      }
      .hand {
        stroke: var(--n-ink);
        stroke-width: 2;
      }
      text {
        fill: var(--n-ink-2);
        font-size: 12px;
        text-anchor: middle;
        dominant-baseline: central;
      }
      text.time {
        fill: var(--n-ink);
        font-size: 22px;
      }
      text.on-charge {
        fill: var(--n-on-charge);
        font-size: 10px;
      }
      text.on-discharge {
        fill: var(--n-on-discharge);
        font-size: 10px;
      }
      ul {
        display: grid;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        gap: 8px;
        padding: 2px 0;
        border-bottom: 1px solid var(--n-line);
      }
      li .apart {
        min-height: 40px;
      }
      li.unused {
        color: var(--n-ink-2);
      }
      form {
        display: grid;
        gap: 8px;
        padding-bottom: 12px;
      }
      .fields {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 8px;
        max-width: 320px;
      }
    `]}};o([i({attribute:!1})],Y.prototype,`entry`,void 0),o([i({attribute:!1})],Y.prototype,`registers`,void 0),o([i({attribute:!1})],Y.prototype,`now`,void 0),o([i({attribute:!1})],Y.prototype,`isAutomatic`,void 0),o([s()],Y.prototype,`edit`,void 0),o([s()],Y.prototype,`isBusy`,void 0),o([s()],Y.prototype,`error`,void 0),o([s()],Y.prototype,`outcome`,void 0);function X(e,{kind:t,number:n}){return e.text(me[t],{number:n===null?``:e.formats.number(n)})}function Z(e,{from:t,until:n}){return t===null||n===null?e.text(`screen_value_unknown`):Q(e,t,n)}function Q(e,t,n){return t===n?e.text(`screen_window_unused`):e.text(`screen_times`,{from:j(e,t),until:j(e,n)})}function he({kind:e,from:t,until:n}){let[r,i]=[O(t??``),O(n??``)],a=q[e],{x:o,y:s}=U(fe(r,i),a,K);return u`<path class=${e} d=${de(r,i,a,K)}></path>
    <text class="on-${e}" x=${o} y=${s}>${J[e]}</text>`}customElements.get(`nattery-windows`)||customElements.define(`nattery-windows`,Y);var ge=[`live`,`status`,`settings`],$=class extends m{constructor(...e){super(...e),this.feed=new d(this,void 0,ne),this.plan=new d(this),this.clock=new ee(this,15e3),this.connection=new f(this),this.search=``,this.edited=``}prepare(e){let{entry_id:t,trading:n}=this.entry;this.feed.use(e.connection,{type:`nattery/registers/subscribe`,entry_id:t}),this.plan.use(e.connection,n?{type:`nattery/plan/subscribe`,entry_id:t}:void 0),this.connection.use(e.connection)}view(t){let{value:n,error:r}=this.feed.feed;if(!n){if(n===void 0&&!r)return this.skeleton();let i=r?`screen_failed`:`screen_not_running_short`;return e`<ha-card><p>${t.text(i,{entry:this.entry.title})}</p></ha-card>`}return this.whole(t,n)}whole(t,r){let i=ie(re(r),this.search,e=>A(t,e)),a=this.search.trim()!==``,o=i.reduce((e,{rows:t})=>e+t.length,0),{lostAt:s}=this.connection;return e`${s===void 0?n:e`<div class="strip warn" role="status">
              <p>${t.text(`screen_as_of`,{time:t.formats.clock(this.feed.feed.at)})}</p>
            </div>`}
      <input
        type="search"
        class="search"
        aria-label=${t.text(`screen_search_registers`)}
        placeholder=${t.text(`screen_search_registers`)}
        .value=${this.search}
        @input=${e=>{this.search=e.currentTarget.value}}
      />
      <p class="hidden" role="status">${a?t.text(`screen_found`,{count:o}):n}</p>
      ${a?n:e`<nattery-windows
              .hass=${this.hass}
              .entry=${this.entry}
              .registers=${r}
              .now=${this.clock.now}
              .isAutomatic=${this.isAutomatic}
            ></nattery-windows>`}
      ${o===0?e`<ha-card><p>${t.text(`screen_nothing_found`)}</p></ha-card>`:n}
      <div class=${s===void 0?`sections`:`sections lost`}>
        ${i.map(e=>this.section(t,r,e,a))}
      </div>`}section(t,r,i,a){let{key:o,title:s,rows:c}=i,l=ae(r,c);return e`<ha-card>
      <details ?open=${a||ge.includes(o)}>
        <summary>
          <h2>${t.text(s)}</h2>
          <span class="quiet small">
            ${t.formats.number(c.length)}${l===null?n:` · ${this.ago(t,l)}`}
          </span>
        </summary>
        ${b(r,i)?e`<p class="quiet">
                ${t.text(`screen_group_unread`)}
                <a class="link" href="/config/integrations/integration/nattery">${t.text(`screen_options`)}</a>
              </p>`:e`<ul>
                ${c.map(e=>this.register(t,r,e,l))}
              </ul>`}
      </details>
    </ha-card>`}register(t,r,i,a){let o=r.values[i.symbol],s=A(t,i),c=this.edited===i.symbol;return e`<li>
      <div class="register">
        <span class="name">
          ${s} ${s===i.symbol?n:e`<span class="quiet small symbol">${i.symbol}</span>`}
        </span>
        <span class="value number ${o?.error?`quiet`:``}">
          ${i.access===`W`?n:M(t,i,o?.value)}
        </span>
        ${x(i,this.isAutomatic)!==`none`&&!c?e`<button
                class="link"
                aria-label="${t.text(i.access===`W`?`screen_command`:`screen_change`)} ${s}"
                @click=${()=>{this.edited=i.symbol}}
              >
                ${t.text(i.access===`W`?`screen_command`:`screen_change`)}
              </button>`:e`<span></span>`}
        ${this.remarks(t,r,i,a)}
      </div>
      ${c?e`<nattery-register-edit
              .hass=${this.hass}
              .entry=${this.entry}
              .row=${i}
              .value=${o}
              .limit=${r.write_limit}
              @edit-closed=${()=>{this.edited=``}}
            ></nattery-register-edit>`:n}
    </li>`}remarks(t,r,i,a){let o=r.values[i.symbol],s=v(r,i),c=[];if(o?.pending&&c.push(t.text(`screen_pending`)),o?.error&&c.push(`▲ ${t.text(`screen_read_failed`)}`),s!==null&&y(s,a)&&c.push(this.ago(t,s)),o&&o.writes_today>0){let[e,n]=[o.writes_today,r.write_limit].map(e=>t.formats.number(e));c.push(t.text(`screen_writes_today`,{count:e??``,limit:n??``}))}return i.controlled&&this.isAutomatic&&c.push(t.text(`screen_controlled`)),c.length>0?e`<span class="quiet small remarks">${c.join(` · `)}</span>`:n}ago(e,t){let n=Math.max(0,(Math.max(this.clock.now,this.feed.feed.at)-t)/1e3);return e.text(`screen_read_ago`,{ago:e.formats.ago(n)})}get isAutomatic(){return this.plan.feed.value?.automatic===!0}skeleton(){return e`<ha-card aria-busy="true"><i class="bone"></i><i class="bone"></i><i class="bone"></i></ha-card>`}static{this.styles=[l,a,p,t`
      :host,
      .sections {
        display: grid;
        gap: 12px;
      }
      @media (min-width: 1100px) {
        .sections {
          display: block;
          columns: 2;
          column-gap: 12px;
        }
        .sections ha-card {
          break-inside: avoid-column;
          margin-bottom: 12px;
        }
      }
      .search {
        border-radius: 20px;
        max-width: 480px;
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        padding: 4px 0 4px 24px;
        border-top: 1px solid var(--n-line);
      }
      :host([narrow]) li {
        padding-inline-start: 0;
      }
      .register {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, auto) 76px;
        gap: 0 12px;
        align-items: center;
        min-height: 40px;
      }
      .symbol {
        margin-inline-start: 8px;
        overflow-wrap: anywhere;
      }
      .value {
        text-align: end;
        overflow-wrap: anywhere;
      }
      .register .link {
        justify-self: end;
      }
      .remarks {
        grid-column: 1 / -1;
        padding-bottom: 4px;
      }
      :host([narrow]) .symbol {
        display: block;
        margin: 0;
      }
      nattery-register-edit {
        padding: 8px 0 12px;
      }
    `]}};o([s()],$.prototype,`search`,void 0),o([s()],$.prototype,`edited`,void 0),customElements.define(`nattery-inverter-page`,$);export{$ as InverterPage};