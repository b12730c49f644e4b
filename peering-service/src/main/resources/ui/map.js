// The federation as a map: this datacenter in the middle, its peers around it.
import {html, nothing, svg} from './lit-html/lit-html.js';
import {ago, count} from './format.js';
import {perSecond} from './pace.js';
import {heard, peerLink, peerTone} from './parts.js';

const WIDTH = 960;
// room for a ring of peers; one or two stand beside
const HEIGHT = 420;
const LOW = 150;
const BOX = {width: 208, height: 86};
// of one among many, whose box says more on a line
const BROAD = 232;
// a gateway's mark, and what a line of its address needs
const MARK = 12;
const LINE = 20;
// with more, the others are counted
const LISTED = 4;
// more do not stand side by side; the page of peers lists them all
const MOST = 8;

/** Where this datacenter and its peers stand: one peer beside it, more on an ellipse around it. */
function spots(number, tallest) {
  const height = number > 2 ? HEIGHT : Math.max(LOW, tallest + LOW - BOX.height);
  const y = height / 2;
  if (number === 1) {
    return {height, centre: {x: 180, y}, places: [{x: WIDTH - 180, y}]};
  }
  const start = number === 2 ? Math.PI : -Math.PI / 2;
  const places = Array.from({length: number}, (_, i) => {
    const angle = start + (2 * Math.PI * i) / number;
    return {x: WIDTH / 2 + 350 * Math.cos(angle), y: y + 152 * Math.sin(angle)};
  });
  return {height, centre: {x: WIDTH / 2, y}, places};
}

const short = (name, most) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);

/** A gateway by its form: whole, hollow when something is not as it should be, crossed out when it cannot be used. */
const mark = (x, y, {address, tone, says}) => svg`<g class="gate ${tone}"><title>Mesh gateway ${address}: ${says}</title><rect x=${x} y=${y} width=${MARK} height=${MARK} rx="3"></rect>
  ${tone === 'bad' ? svg`<path d="M${x + 2} ${y + 2}l${MARK - 4} ${MARK - 4}m0 ${4 - MARK}l${4 - MARK} ${MARK - 4}"></path>` : nothing}</g>`;

/** How tall a datacenter's box is, with a line for each gateway where there is room for them. */
const tall = (gateways, isWide) => BOX.height + (isWide && gateways?.all ? 8 + LINE * Math.min(gateways.all, LISTED + 1) : 0);

/** Its gateways: each with its address, or where many datacenters stand around, as marks beside the name. */
function gates({all, listed}, left, top, isWide) {
  if (!isWide) {
    return listed.slice(0, LISTED).map((one, i) => mark(left + BROAD - 14 - (MARK + 4) * (i + 1), top + 16, one));
  }
  const y = (i) => top + BOX.height + LINE * i;
  const shown = listed.slice(0, LISTED);
  return svg`${shown.map((one, i) => svg`${mark(left + 16, y(i), one)}<text x=${left + 22 + MARK} y=${y(i) + 11} class="fact address">${short(one.address, 21)}</text>`)}
    ${all > shown.length ? svg`<text x=${left + 16} y=${y(shown.length) + 11} class="fact">and ${count(all - shown.length, 'gateway')} more</text>` : nothing}`;
}

function box(x, y, className, lines, gateways, isWide) {
  const height = tall(gateways, isWide);
  const width = isWide ? BOX.width : BROAD;
  const left = x - width / 2;
  const top = y - height / 2;
  const [name, ...facts] = lines;
  const most = isWide ? 16 : 18 - 2 * Math.min(gateways?.all ?? 0, LISTED);
  return svg`<g class=${className}><title>${name}</title><rect x=${left} y=${top} width=${width} height=${height} rx="10"></rect>
    ${[short(name, most), ...facts].map((line, i) => svg`<text x=${left + 16} y=${top + 28 + 22 * i} class=${i ? 'fact' : 'name'}>${line}</text>`)}
    ${gateways ? gates(gateways, left, top, isWide) : nothing}</g>`;
}

const ofServices = (services) => `${count(services.all, 'service')}${services.critical ? `, ${services.critical} critical` : ''}`;

function ofGateways({all, listed}) {
  const well = listed.filter(({tone}) => tone === 'ok').length;
  return all ? `${well} of ${count(all, 'gateway')} passing` : 'no mesh gateway';
}

/** For whoever hears the map. */
function inWords(gateways) {
  if (!gateways?.all) {
    return '';
  }
  const listed = gateways.listed.slice(0, LISTED).map(({address, says}) => `${address} ${says}`);
  return `; ${count(gateways.all, 'mesh gateway')}: ${listed.join('; ')}`;
}

/** In the box of one among many, where there is no room on the line; what is not known its title says. */
function together(traffic) {
  const known = traffic && [traffic.out, traffic.in].filter((one) => one);
  return known?.length ? `, ${known.reduce((sum, one) => sum + one.open, 0).toLocaleString('en')} open` : '';
}

/** `3 min ago`, where there is no room for seconds too. */
const roughly = (at, now) => ago(at, now).replace(/^(\d+ \w+) .*ago$/, '$1 ago');

const flow = (one) => (one ? `${one.open.toLocaleString('en')} open${one.rate === null ? '' : `, ${perSecond(one.rate)}`}` : 'not known');

/** What crosses, both ways: under the word on the line, where the line is long enough. */
function flows(traffic, name, isWide) {
  const [out, back] = [flow(traffic?.out), flow(traffic?.in)];
  return svg`<title>Connections to ${name}: ${out}; from it: ${back}</title>${isWide ? svg`
    <text class="crossing" text-anchor="middle" y="30">to it: ${out}</text><text class="crossing" text-anchor="middle" y="46">from it: ${back}</text>` : nothing}`;
}

/**
 * @param gateways of this datacenter, `all` and `listed`, each `{address, tone, says}`; null: not read, as with
 *   services
 * @param beyond those of each peer, by its name, in the same form; null: not read
 * @param traffic by peer, `out` and `in`, each `{open, rate}` or null for what is not known; null: not read
 * @param now by the server's clock
 */
export function map({datacenter, peerings, gateways, beyond, services, refuges, traffic, now}) {
  const around = peerings.slice(0, MOST);
  // one or two stand beside
  const isWide = around.length <= 2;
  const {height, centre, places} = spots(around.length, Math.max(...[gateways, ...around.map((one) => beyond?.get(one.Name))].map((one) => tall(one, isWide))));
  const links = around.map((peering, i) => {
    const {x, y} = places[i];
    const tone = peerTone(peering.State);
    const away = refuges.get(peering.Name) ?? 0;
    const middle = {x: (centre.x + x) / 2, y: (centre.y + y) / 2};
    const {ImportedServices: imported, ExportedServices: exported} = peering;
    const at = heard(peering);
    return {
      line: svg`<line class="link ${tone}" x1=${centre.x} y1=${centre.y} x2=${x} y2=${y}></line>
        ${away ? svg`<line class="link flow" x1=${centre.x} y1=${centre.y} x2=${x} y2=${y}></line>` : nothing}
        <g class="linked ${away ? 'away' : tone}" transform="translate(${middle.x} ${middle.y})"><rect x="-46" y="-13" width="92" height="26" rx="13"></rect>
          ${flows(traffic?.get(peering.Name), peering.Name, isWide)}
          <text text-anchor="middle" y="5">${away ? count(away, 'failover') : peering.State.toLowerCase()}</text></g>`,
      box: svg`<a href=${peerLink(peering.Name)} aria-label="Peer ${peering.Name}, ${peering.State.toLowerCase()}${inWords(beyond?.get(peering.Name))}">${box(x, y, `site ${tone} ${away ? 'refuge' : ''}`, [
        peering.Name,
        `${imported} imported, ${exported} exported`,
        `${at === null ? 'never heard' : `heard ${isWide ? ago(at, now) : roughly(at, now)}`}${isWide ? '' : together(traffic?.get(peering.Name))}`,
      ], beyond?.get(peering.Name), isWide)}</a>`,
    };
  });
  return html`<figure class="map"><svg viewBox="0 0 ${WIDTH} ${height}" role="group" aria-label="The datacenters that ${datacenter} is peered with">
      ${links.map((link) => link.line)}${links.map((link) => link.box)}
      <a href="#/services" aria-label="${datacenter}, this datacenter${inWords(gateways)}">${box(centre.x, centre.y, 'site here', [
        datacenter,
        services ? ofServices(services) : 'services not known',
        gateways ? ofGateways(gateways) : 'gateways not known',
      ], gateways, isWide)}</a></svg>
    ${peerings.length > MOST ? html`<figcaption class="muted">${MOST} of ${count(peerings.length, 'peer')}; the page of peers lists all.</figcaption>` : nothing}</figure>`;
}
