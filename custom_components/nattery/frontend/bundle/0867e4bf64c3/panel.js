import{_ as e,a as t,b as n,h as r,l as i,m as a,n as o,o as s,p as c,r as l,t as u,u as d,v as f}from"./styles.js";var p=e=>(...t)=>({_$litDirective$:e,values:t}),m=class{constructor(e){}get _$AU(){return this._$AM._$AU}_$AT(e,t,n){this._$Ct=e,this._$AM=t,this._$Ci=n}_$AS(e,t){return this.update(e,t)}update(e,t){return this.render(...t)}},{I:h}=f,g={},_=(e,t=g)=>e._$AH=t,v=p(class extends m{constructor(){super(...arguments),this.key=r}render(e,t){return this.key=e,t}update(e,[t,n]){return t!==this.key&&(_(e),this.key=t),n}}),y=Symbol.for(``),b=e=>{if(e?.r===y)return e?._$litStatic$},x=e=>({_$litStatic$:e,r:y}),S=/* @__PURE__ */ new Map,C=(e=>(t,...n)=>{let r=n.length,i,a,o=[],s=[],c,l=0,u=!1;for(;l<r;){for(c=t[l];l<r&&(a=n[l],(i=b(a))!==void 0);)c+=i+t[++l],u=!0;l!==r&&s.push(a),o.push(c),l++}if(l===r&&o.push(t[r]),u){let e=o.join(`$$lit$$`);(t=S.get(e))===void 0&&(o.raw=o,S.set(e,t=o)),n=s}return e(t,...n)})(e),w=[{path:`overview`,title:`screen_page_overview`,icon:`mdi:home-battery-outline`,tag:`nattery-overview-page`,load:()=>import(`./overview.js`)},{path:`savings`,title:`screen_page_savings`,icon:`mdi:piggy-bank-outline`,tag:`nattery-savings-page`,load:()=>import(`./savings.js`),isFor:e=>e.trading&&e.may.see},{path:`inverter`,title:`screen_inverter`,icon:`mdi:memory`,tag:`nattery-inverter-page`,load:()=>import(`./inverter.js`),isFor:e=>e.may.registers},{path:`health`,title:`screen_page_health`,icon:`mdi:heart-pulse`,tag:`nattery-health-page`,load:()=>import(`./health.js`),isFor:e=>e.may.see}];function T(e){return w.filter(t=>t.isFor?.(e)??!0)}function E(e,t){let n=e.split(`/`)[1];return t.find(e=>e.path===n)??t[0]}var D=`/nattery`,O=class extends l{constructor(...e){super(...e),this.route={prefix:D,path:``},this.narrow=!1,this.failed=!1,this.loaded=/* @__PURE__ */ new Set,this.go=e=>{e.ctrlKey||e.metaKey||e.shiftKey||(e.preventDefault(),t(e.currentTarget.getAttribute(`href`)??D))},this.chooseEntry=e=>{let n=new URLSearchParams(location.search);n.set(`entry`,e.currentTarget.value),t(`${location.pathname}?${n.toString()}`)},this.addressChanged=()=>{this.home&&d(this.home.connection).refresh(),this.requestUpdate()}}connectedCallback(){super.connectedCallback(),window.addEventListener(`location-changed`,this.addressChanged),window.addEventListener(`popstate`,this.addressChanged)}disconnectedCallback(){super.disconnectedCallback(),window.removeEventListener(`location-changed`,this.addressChanged),window.removeEventListener(`popstate`,this.addressChanged)}view(t){let{site:n}=this.siteState,a=new URLSearchParams(location.search),o=n&&(i(n,a.get(`entry`)??void 0)??i(n,void 0)),s=o?T(o):[],c=E(this.route.path,s);return e`
      <header>
        <ha-menu-button .hass=${this.hass} .narrow=${this.narrow}></ha-menu-button>
        <h1>Nattery</h1>
        ${this.narrow?r:this.tabs(t,s,c)}
        ${n&&o&&n.entries.length>1?this.entries(t,n.entries,o):r}
      </header>
      <main>${o&&c?this.page(t,c,o,a):this.empty(t)}</main>
      ${this.narrow?this.tabs(t,s,c):r}
    `}tabs(t,n,i){return n.length<2?r:e`<nav aria-label=${t.text(`screen_pages`)}>
      ${n.map(n=>e`<a
            href=${`${D}/${n.path}${location.search}`}
            aria-current=${n===i?`page`:`false`}
            @click=${this.go}
          >
            ${this.narrow?e`<ha-icon .icon=${n.icon}></ha-icon>`:r}<span>${t.text(n.title)}</span>
          </a>`)}
    </nav>`}entries(t,n,r){return e`<select aria-label=${t.text(`screen_inverter`)} @change=${this.chooseEntry}>
      ${n.map(({entry_id:t,title:n})=>e`<option value=${t} ?selected=${t===r.entry_id}>${n}</option>`)}
    </select>`}page(t,n,i,a){if(!this.loaded.has(n.tag))return this.failed||this.load(n),this.failed?e`<p class="message">${t.text(`screen_failed_to_load`)}</p>`:r;let o=x(n.tag);return e`${v(`${n.tag} ${i.entry_id}`,C`<${o} .hass=${this.hass} .entry=${i} .query=${a} .narrow=${this.narrow}></${o}>`)}`}empty(t){let{site:n,error:i}=this.siteState;return n?t.user?.is_admin===!0?e`<div class="message">
      <p>${t.text(`screen_nothing_set_up`)}</p>
      <a class="chip" href="/config/integrations/dashboard/add?domain=nattery">${t.text(`screen_set_up`)}</a>
    </div>`:e`<p class="message">${t.text(`screen_ask_administrator`)}</p>`:i?e`<p class="message">${t.text(`screen_failed`)}</p>`:r}async load(e){try{await e.load(),this.loaded.add(e.tag)}catch{this.failed=!0}this.requestUpdate()}static{this.styles=[u,o,n`
      :host {
        display: flex;
        flex-direction: column;
        height: 100%;
        min-height: 100vh;
        background: var(--primary-background-color, light-dark(#f5f7f9, #111));
        --safe-bottom: var(--safe-area-inset-bottom, env(safe-area-inset-bottom, 0px));
      }
      header {
        position: sticky;
        top: 0;
        z-index: 2;
        display: flex;
        align-items: center;
        min-height: var(--header-height, 56px);
        padding: var(--safe-area-inset-top, env(safe-area-inset-top, 0px)) 8px 0;
        color: var(--app-header-text-color, var(--n-ink));
        background: var(--app-header-background-color, var(--n-card));
        border-bottom: var(--app-header-border-bottom, 1px solid var(--n-line));
      }
      h1 {
        margin: 0 16px 0 8px;
        font-size: 20px;
        font-weight: 400;
      }
      select {
        margin-inline-start: auto;
        min-height: 40px;
        max-width: 45%;
        font: inherit;
        color: inherit;
        background: var(--n-card);
        border: 1px solid var(--n-line);
        border-radius: 8px;
      }
      nav {
        display: flex;
        align-self: stretch;
        overflow-x: auto;
      }
      nav a {
        display: flex;
        align-items: center;
        min-height: 48px;
        padding: 0 14px;
        color: inherit;
        text-decoration: none;
        border-bottom: 3px solid transparent;
      }
      nav a[aria-current="page"] {
        font-weight: 600;
        border-color: var(--n-focus);
      }
      :host([narrow]) nav {
        position: sticky;
        bottom: 0;
        z-index: 2;
        background: var(--n-card);
        border-top: 1px solid var(--n-line);
        padding-bottom: var(--safe-bottom);
      }
      :host([narrow]) nav a {
        flex: 1 0 64px;
        flex-direction: column;
        justify-content: center;
        min-height: 56px;
        padding: 4px;
        font-size: 12px;
        border: 0;
      }
      :host([narrow]) nav a[aria-current="page"] {
        color: var(--n-focus);
      }
      main {
        flex: 1;
        width: 100%;
        max-width: 1600px;
        margin: 0 auto;
        padding: 16px;
      }
      :host([narrow]) main {
        padding: 8px;
      }
      .message {
        max-width: 480px;
        margin: 48px auto;
        padding: 0 16px;
        text-align: center;
      }
      .message .chip {
        display: inline-grid;
        place-items: center;
        margin-top: 16px;
        text-decoration: none;
      }
    `]}};s([a({attribute:!1})],O.prototype,`route`,void 0),s([a({type:Boolean,reflect:!0})],O.prototype,`narrow`,void 0),s([c()],O.prototype,`failed`,void 0),customElements.get(`nattery-panel`)||customElements.define(`nattery-panel`,O);