import{a as e,c as t,f as n,h as r,i,l as a,n as o,o as s,p as c,r as l,s as u,t as d,u as f}from"./styles.js";var p=e=>(...t)=>({_$litDirective$:e,values:t}),m=class{constructor(e){}get _$AU(){return this._$AM._$AU}_$AT(e,t,n){this._$Ct=e,this._$AM=t,this._$Ci=n}_$AS(e,t){return this.update(e,t)}update(e,t){return this.render(...t)}},{I:h}=c,g={},_=(e,t=g)=>e._$AH=t,v=p(class extends m{constructor(){super(...arguments),this.key=f}render(e,t){return this.key=e,t}update(e,[t,n]){return t!==this.key&&(_(e),this.key=t),n}}),y=Symbol.for(``),b=e=>{if(e?.r===y)return e?._$litStatic$},x=e=>({_$litStatic$:e,r:y}),S=/* @__PURE__ */ new Map,C=(e=>(t,...n)=>{let r=n.length,i,a,o=[],s=[],c,l=0,u=!1;for(;l<r;){for(c=t[l];l<r&&(a=n[l],(i=b(a))!==void 0);)c+=i+t[++l],u=!0;l!==r&&s.push(a),o.push(c),l++}if(l===r&&o.push(t[r]),u){let e=o.join(`$$lit$$`);(t=S.get(e))===void 0&&(o.raw=o,S.set(e,t=o)),n=s}return e(t,...n)})(n),w=[{path:`overview`,title:`screen_page_overview`,icon:`mdi:home-battery-outline`,tag:`nattery-overview-page`,load:()=>import(`./overview.js`)}];function T(e){return w.filter(t=>t.isFor?.(e)??!0)}function E(e,t){let n=e.split(`/`)[1];return t.find(e=>e.path===n)??t[0]}var D=`/nattery`,O=class extends l{constructor(...e){super(...e),this.route={prefix:D,path:``},this.narrow=!1,this.failed=!1,this.loaded=/* @__PURE__ */ new Set,this.go=e=>{e.ctrlKey||e.metaKey||e.shiftKey||(e.preventDefault(),i(e.currentTarget.getAttribute(`href`)??D))},this.chooseEntry=e=>{let t=new URLSearchParams(location.search);t.set(`entry`,e.currentTarget.value),i(`${location.pathname}?${t.toString()}`)},this.addressChanged=()=>{this.home&&u(this.home.connection).refresh(),this.requestUpdate()}}connectedCallback(){super.connectedCallback(),window.addEventListener(`location-changed`,this.addressChanged),window.addEventListener(`popstate`,this.addressChanged)}disconnectedCallback(){super.disconnectedCallback(),window.removeEventListener(`location-changed`,this.addressChanged),window.removeEventListener(`popstate`,this.addressChanged)}view(e){let{site:t}=this.siteState,r=new URLSearchParams(location.search),i=t&&(s(t,r.get(`entry`)??void 0)??s(t,void 0)),a=i?T(i):[],o=E(this.route.path,a);return n`
      <header>
        <ha-menu-button .hass=${this.hass} .narrow=${this.narrow}></ha-menu-button>
        <h1>Nattery</h1>
        ${this.narrow?f:this.tabs(e,a,o)}
        ${t&&i&&t.entries.length>1?this.entries(e,t.entries,i):f}
      </header>
      <main>${i&&o?this.page(e,o,i,r):this.empty(e)}</main>
      ${this.narrow?this.tabs(e,a,o):f}
    `}tabs(e,t,r){return t.length<2?f:n`<nav aria-label=${e.text(`screen_pages`)}>
      ${t.map(t=>n`<a
            href=${`${D}/${t.path}${location.search}`}
            aria-current=${t===r?`page`:`false`}
            @click=${this.go}
          >
            ${this.narrow?n`<ha-icon .icon=${t.icon}></ha-icon>`:f}<span>${e.text(t.title)}</span>
          </a>`)}
    </nav>`}entries(e,t,r){return n`<select aria-label=${e.text(`screen_inverter`)} @change=${this.chooseEntry}>
      ${t.map(({entry_id:e,title:t})=>n`<option value=${e} ?selected=${e===r.entry_id}>${t}</option>`)}
    </select>`}page(e,t,r,i){if(!this.loaded.has(t.tag))return this.failed||this.load(t),this.failed?n`<p class="message">${e.text(`screen_failed_to_load`)}</p>`:f;let a=x(t.tag);return n`${v(`${t.tag} ${r.entry_id}`,C`<${a} .hass=${this.hass} .entry=${r} .query=${i} .narrow=${this.narrow}></${a}>`)}`}empty(e){let{site:t,error:r}=this.siteState;return t?e.user?.is_admin===!0?n`<div class="message">
      <p>${e.text(`screen_nothing_set_up`)}</p>
      <a class="chip" href="/config/integrations/dashboard/add?domain=nattery">${e.text(`screen_set_up`)}</a>
    </div>`:n`<p class="message">${e.text(`screen_ask_administrator`)}</p>`:r?n`<p class="message">${e.text(`screen_failed`)}</p>`:f}async load(e){try{await e.load(),this.loaded.add(e.tag)}catch{this.failed=!0}this.requestUpdate()}static{this.styles=[d,o,r`
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
    `]}};e([a({attribute:!1})],O.prototype,`route`,void 0),e([a({type:Boolean,reflect:!0})],O.prototype,`narrow`,void 0),e([t()],O.prototype,`failed`,void 0),customElements.get(`nattery-panel`)||customElements.define(`nattery-panel`,O);