import{b as e,f as t}from"./styles.js";var n=class{constructor(e,t,n){this.host=e,this.changed=t,this.reduce=n,this.feed={value:void 0,error:void 0,at:0},this.key=``,e.addController(this)}use(e,t){let n=t?JSON.stringify(t):``;(n!==this.key||e!==this.connection)&&(this.end?.(),this.key=n,this.connection=e,this.feed={value:void 0,error:void 0,at:0},this.end=void 0,this.begin())}hostConnected(){this.begin()}hostDisconnected(){this.end?.(),this.end=void 0}begin(){if(!this.key||this.end||!this.connection)return;let e=e=>{this.feed=e,this.changed?.(e),this.host.requestUpdate()};this.end=t(this.connection,JSON.parse(this.key),e,this.reduce)}},r=class{constructor(e,t=6e4){this.host=e,this.every=t,this.now=Date.now(),e.addController(this)}hostConnected(){this.now=Date.now(),this.wait()}hostDisconnected(){clearTimeout(this.timer)}wait(){this.timer=setTimeout(()=>{this.now=Date.now(),document.hidden||this.host.requestUpdate(),this.wait()},this.every-Date.now()%this.every)}},i=class{constructor(e,t=1e4){this.host=e,this.patience=t,this.lost=()=>{let e=Date.now();clearTimeout(this.timer),this.timer=setTimeout(()=>{this.lostAt=e,this.host.requestUpdate()},this.patience)},this.found=()=>{clearTimeout(this.timer),this.lostAt!==void 0&&(this.lostAt=void 0,this.host.requestUpdate())},e.addController(this)}use(e){e!==this.connection&&(this.hostDisconnected(),this.connection=e,this.hostConnected())}hostConnected(){this.connection?.addEventListener(`disconnected`,this.lost),this.connection?.addEventListener(`ready`,this.found),this.connection&&!this.connection.connected&&this.lost()}hostDisconnected(){clearTimeout(this.timer),this.connection?.removeEventListener(`disconnected`,this.lost),this.connection?.removeEventListener(`ready`,this.found)}},a=e`
  ha-card {
    display: grid;
    gap: 12px;
    align-content: start;
    padding: 16px;
    background: var(--n-card);
    color: var(--n-ink);
  }
  h2 {
    font-size: 16px;
    font-weight: 600;
  }
  h3 {
    font-weight: 600;
  }
  .sum {
    font-size: 28px;
    font-weight: 600;
    line-height: 1.1;
  }
  .small {
    font-size: 13px;
  }
  .apart {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 16px;
    align-items: center;
    justify-content: space-between;
  }
  .field {
    display: grid;
    gap: 4px;
    align-content: start;
  }
  input,
  select {
    font: inherit;
    min-height: 40px;
    width: 100%;
    min-width: 0;
    padding: 0 12px;
    color: var(--n-ink);
    background: var(--n-card);
    border: 1px solid color-mix(in srgb, var(--n-ink) 45%, transparent);
    border-radius: 8px;
  }
  button.link,
  a.link {
    min-height: 40px;
    padding: 0 4px;
    border: 0;
    border-radius: 4px;
    color: var(--n-pay);
    text-decoration: underline;
  }
  a.link {
    display: inline-flex;
    align-items: center;
    width: fit-content;
  }
  summary {
    display: flex;
    flex-wrap: wrap;
    gap: 0 12px;
    align-items: center;
    min-height: 40px;
    cursor: pointer;
    list-style: none;
  }
  summary::-webkit-details-marker {
    display: none;
  }
  summary::before {
    content: "▸";
    width: 12px;
    color: var(--n-ink-2);
  }
  details[open] > summary::before {
    content: "▾";
  }
  .facts {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 220px), 1fr));
    gap: 0 24px;
  }
  .facts > div {
    display: flex;
    gap: 12px;
    justify-content: space-between;
    padding: 6px 0;
    border-bottom: 1px solid var(--n-line);
  }
  .facts dd {
    text-align: end;
  }
  .bone {
    display: block;
    height: 72px;
    border-radius: 8px;
    background: color-mix(in srgb, var(--n-ink) 7%, transparent);
  }
  .lost {
    filter: saturate(0.2);
  }
`;export{n as i,r as n,i as r,a as t};