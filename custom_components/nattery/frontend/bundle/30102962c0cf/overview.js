import{a as e,f as t,h as n,l as r,n as i,r as a,t as o}from"./styles.js";var s=class extends a{constructor(...e){super(...e),this.query=new URLSearchParams,this.narrow=!1}};e([r({attribute:!1})],s.prototype,`entry`,void 0),e([r({attribute:!1})],s.prototype,`query`,void 0),e([r({type:Boolean,reflect:!0})],s.prototype,`narrow`,void 0);var c=class extends s{view(){return t`<h2>${this.entry.title}</h2>`}static{this.styles=[o,i,n`
      :host {
        display: grid;
        gap: 12px;
      }
    `]}};customElements.define(`nattery-overview-page`,c);export{c as OverviewPage};