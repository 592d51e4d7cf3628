import{_ as e,b as t,n,t as r}from"./styles.js";import{t as i}from"./page.js";var a=class extends i{view(){return e`<h2>${this.entry.title}</h2>`}static{this.styles=[r,n,t`
      :host {
        display: grid;
        gap: 12px;
      }
    `]}};customElements.define(`nattery-overview-page`,a);export{a as OverviewPage};