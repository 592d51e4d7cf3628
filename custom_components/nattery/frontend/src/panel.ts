/** The module that Home Assistant loads for the panel. */
import "./panel/nattery-panel";

export {};
