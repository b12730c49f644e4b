// The federation as a map: this datacenter in the middle, its peers around it.
import {html, nothing, svg} from './lit-html/lit-html.js';
import {count} from './format.js';
import {perSecond} from './pace.js';
import {age, heard, peerLink, peerTone} from './parts.js';

const WIDTH = 960;
// room for a ring of peers; one or two stand beside
const HEIGHT = 420;
const LOW = 150;
const BOX = {width: 208, height: 86};
// more do not stand side by side; the page of peers lists them all
const MOST = 12;

/** Where this datacenter and its peers stand: one peer beside it, more on an ellipse around it. */
function spots(number) {
  const height = number > 2 ? HEIGHT : LOW;
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

function box(x, y, className, lines) {
  const left = x - BOX.width / 2;
  const top = y - BOX.height / 2;
  return svg`<g class=${className}><rect x=${left} y=${top} width=${BOX.width} height=${BOX.height} rx="10"></rect>
    ${lines.map((line, i) => svg`<text x=${left + 16} y=${top + 28 + 22 * i} class=${i ? 'fact' : 'name'}>${line}</text>`)}</g>`;
}

const short = (name) => (name.length > 22 ? `${name.slice(0, 21)}…` : name);

const ofServices = (services) => `${count(services.all, 'service')}${services.critical ? `, ${services.critical} critical` : ''}`;

function ofGateways(gateways) {
  const well = gateways.filter((gateway) => gateway.Checks.every((check) => check.Status === 'passing')).length;
  return gateways.length ? `${well} of ${count(gateways.length, 'gateway')} passing` : 'no mesh gateway';
}

/** In the box of one among many, where there is no room on the line. */
function together(traffic) {
  const known = traffic && [traffic.out, traffic.in].filter((one) => one);
  return known?.length ? `${known.reduce((sum, one) => sum + one.open, 0).toLocaleString('en')} open` : 'open not known';
}

const flow = (one) => (one ? `${one.open.toLocaleString('en')} open${one.rate === null ? '' : `, ${perSecond(one.rate)}`}` : 'not known');

/** What crosses, both ways: under the word on the line, where the line is long enough. */
function flows(traffic, name, isWide) {
  const [out, back] = [flow(traffic?.out), flow(traffic?.in)];
  return svg`<title>Connections to ${name}: ${out}; from it: ${back}</title>${isWide ? svg`
    <text class="crossing" text-anchor="middle" y="30">to it: ${out}</text><text class="crossing" text-anchor="middle" y="46">from it: ${back}</text>` : nothing}`;
}

/**
 * @param gateways null: not read, as with services
 * @param traffic by peer, `out` and `in`, each `{open, rate}` or null for what is not known; null: not read
 * @param now by the server's clock
 */
export function map({datacenter, peerings, gateways, services, refuges, traffic, now}) {
  const around = peerings.slice(0, MOST);
  const {height, centre, places} = spots(around.length);
  // one or two stand beside
  const isWide = around.length <= 2;
  const links = around.map((peering, i) => {
    const {x, y} = places[i];
    const tone = peerTone(peering.State);
    const away = refuges.get(peering.Name) ?? 0;
    const middle = {x: (centre.x + x) / 2, y: (centre.y + y) / 2};
    const {ImportedServices: imported, ExportedServices: exported} = peering.StreamStatus;
    const at = heard(peering);
    return {
      line: svg`<line class="link ${tone}" x1=${centre.x} y1=${centre.y} x2=${x} y2=${y}></line>
        ${away ? svg`<line class="link flow" x1=${centre.x} y1=${centre.y} x2=${x} y2=${y}></line>` : nothing}
        <g class="linked ${away ? 'away' : tone}" transform="translate(${middle.x} ${middle.y})"><rect x="-46" y="-13" width="92" height="26" rx="13"></rect>
          ${flows(traffic?.get(peering.Name), peering.Name, isWide)}
          <text text-anchor="middle" y="5">${away ? count(away, 'failover') : peering.State.toLowerCase()}</text></g>`,
      box: svg`<a href=${peerLink(peering.Name)} aria-label="Peer ${peering.Name}, ${peering.State.toLowerCase()}">${box(x, y, `site ${tone} ${away ? 'refuge' : ''}`, [
        short(peering.Name),
        `${imported.length} imported, ${exported.length} exported`,
        `${at === null ? 'never heard' : `heard ${age(at, now)}`}${isWide ? '' : `, ${together(traffic?.get(peering.Name))}`}`,
      ])}</a>`,
    };
  });
  return html`<figure class="map"><svg viewBox="0 0 ${WIDTH} ${height}" role="group" aria-label="The datacenters that ${datacenter} is peered with">
      ${links.map((link) => link.line)}${links.map((link) => link.box)}
      <a href="#/services" aria-label="${datacenter}, this datacenter">${box(centre.x, centre.y, 'site here', [
        short(datacenter),
        services ? ofServices(services) : 'services not known',
        gateways ? ofGateways(gateways) : 'gateways not known',
      ])}</a></svg>
    ${peerings.length > MOST ? html`<figcaption class="muted">${MOST} of ${count(peerings.length, 'peer')}; the page of peers lists all.</figcaption>` : nothing}</figure>`;
}
