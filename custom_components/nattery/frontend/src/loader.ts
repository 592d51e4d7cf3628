// Home Assistant replaces the registry of custom elements while it starts, and elements defined before are lost.
// This file, the only one that Home Assistant loads on its own, waits until that is over.
void customElements.whenDefined("home-assistant").then(() => import("./register"));

export {};
