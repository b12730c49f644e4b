// Drawn on a grid of 24, in the colour of the text.
import {svg} from './lit-html/lit-html.js';

const icon = (shape) => svg`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor"
  stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round">${shape}</svg>`;

export const overview = icon(svg`<circle cx="6" cy="7" r="2.5"/><circle cx="18" cy="7" r="2.5"/><circle cx="12" cy="18" r="2.5"/>
  <path d="M8.5 7h7M7.3 9.2l3.4 6.5M16.7 9.2l-3.4 6.5"/>`);
export const services = icon(svg`<rect x="3.5" y="4" width="17" height="6.5" rx="1.5"/>
  <rect x="3.5" y="13.5" width="17" height="6.5" rx="1.5"/><path d="M7 7.2h.01M7 16.8h.01M11 7.2h6M11 16.8h6"/>`);
export const peers = icon(svg`<path d="M9 7H6.5a4.5 4.5 0 0 0 0 9H9M15 7h2.5a4.5 4.5 0 0 1 0 9H15M8.5 11.5h7"/>`);
export const failovers = icon(svg`<path d="M4 8h11.5a4 4 0 0 1 0 8H12"/><path d="M7 4.5 3.5 8 7 11.5M14.5 13l-3 3 3 3"/>`);
export const alert = icon(svg`<path d="M12 4 2.8 19.5h18.4z"/><path d="M12 10v4.5M12 17.2h.01"/>`);
export const ok = icon(svg`<path d="M5 12.5 10 17.5 19.5 7"/>`);
export const cross = icon(svg`<path d="M6 6l12 12M18 6 6 18"/>`);
export const plus = icon(svg`<path d="M12 5v14M5 12h14"/>`);
export const copy = icon(svg`<rect x="8.5" y="8.5" width="11.5" height="11.5" rx="2"/><path d="M15.5 5.5v-.5a1.5 1.5 0 0 0-1.5-1.5H5A1.5 1.5 0 0 0 3.5 5v9A1.5 1.5 0 0 0 5 15.5h.5"/>`);
export const trash = icon(svg`<path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7"/>`);
export const arrow = icon(svg`<path d="M4.5 12h14M13 6.5l5.5 5.5-5.5 5.5"/>`);
export const search = icon(svg`<circle cx="10.5" cy="10.5" r="6"/><path d="m15.5 15.5 5 5"/>`);
export const clock = icon(svg`<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.5l3.5 2"/>`);
export const drill = icon(svg`<circle cx="12" cy="12" r="8.5"/><circle cx="12" cy="12" r="3.5"/><path d="M12 1.5v4M12 18.5v4M1.5 12h4M18.5 12h4"/>`);
export const gateway = icon(svg`<path d="M4 20V8.5a8 8 0 0 1 16 0V20M8.5 20v-9a3.5 3.5 0 0 1 7 0v9M2.5 20h19"/>`);
export const ship = svg`<svg class="ship" viewBox="0 0 32 32" aria-hidden="true">
  <path class="sail" d="M15 4v15H6.5zM17 7l8 12h-8z"/><path class="hull" d="M4 21h24c-1.5 4-4.5 6.5-8.5 6.5h-7C8.5 27.5 5.5 25 4 21z"/></svg>`;
export const intentions = icon(svg`<path d="M12 3.5 4.5 6.5v5c0 4.5 3 7.8 7.5 9.5 4.5-1.7 7.5-5 7.5-9.5v-5z"/><path d="m9 12 2.3 2.3L15.5 10"/>`);
export const config = icon(svg`<path d="M4 7h9M17 7h3M4 12h3M11 12h9M4 17h7M15 17h5"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="12" r="2"/><circle cx="13" cy="17" r="2"/>`);
export const authority = icon(svg`<circle cx="12" cy="9" r="5.5"/><path d="m8.5 13.5-1.5 7 5-2.5 5 2.5-1.5-7"/><path d="m9.8 9 1.6 1.6 2.8-3"/>`);
export const lock = icon(svg`<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5M12 14.5v2"/>`);
export const turn = icon(svg`<path d="M20 12a8 8 0 1 1-2.6-5.9"/><path d="M20.5 3v4.5H16"/>`);
export const events = icon(svg`<path d="M3 12.5h4.2l2.6-7.5 4.4 14 2.6-6.5H21"/>`);
export const audit = icon(svg`<path d="M6 3.5h9l3.5 3.5v13.5H6z"/><path d="M14.5 3.5V7.5h4M9 11.5h6.5M9 14.5h6.5M9 17.5h3.5"/>`);
