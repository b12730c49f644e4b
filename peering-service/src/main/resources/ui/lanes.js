// Which target took each service's calls, and when: a lane for each service, time from left to right.
import {html, nothing, svg} from './lit-html/lit-html.js';
import {duration, moment} from './format.js';
import {serviceLink, targetName, when} from './parts.js';

const MINUTE = 60_000;
const SPANS = [MINUTE, 3 * MINUTE, 10 * MINUTE, 60 * MINUTE, 6 * 60 * MINUTE, 24 * 60 * MINUTE, 7 * 24 * 60 * MINUTE];
const TICKS = 5;
// more lanes are a page of their own; those that moved last come first
const MOST = 20;
const HEIGHT = 30;
// of a letter in a bar; and of the window what is not the bars', in a wide one and in one of which the style sheet says
// that it is narrow
const LETTER = 8;
const NARROW = 860;
const BESIDE = 460;
const AROUND = 70;

const AFTER = {over: 'away', back: 'home', lost: 'lost'};

/** What was before the first event that is known. */
function kindBefore(event) {
  if (!event.From) {
    return 'lost';
  }
  return event.Turn === 'back' ? 'away' : targetName(event.From).peer ? 'away' : 'home';
}

/** The stretches of one service, oldest first: `{begin, end, label, kind, cause}`, the last one without an end. */
export function stretches(events) {
  const found = [];
  events.forEach((event, i) => {
    const at = moment(event.At);
    if (i === 0) {
      found.push({begin: at - event.LastedMillis, end: at, label: event.From, kind: kindBefore(event), cause: ''});
    }
    found.at(-1).end = at;
    found.push({begin: at, end: null, label: event.To, kind: AFTER[event.Turn] ?? 'home', cause: event.Cause});
  });
  return found;
}

function byService(events) {
  const services = new Map();
  for (const event of events) {
    services.set(event.Service, [...(services.get(event.Service) ?? []), event]);
  }
  return [...services].sort(([, a], [, b]) => b.at(-1).Index - a.at(-1).Index).slice(0, MOST);
}

function bar(stretch, begin, now, here) {
  const from = Math.max(begin, stretch.begin);
  const until = stretch.end ?? now;
  if (until <= begin) {
    return nothing;
  }
  const percent = (millis) => `${((100 * millis) / (now - begin)).toFixed(3)}%`;
  const name = stretch.label ? targetName(stretch.label).peer || here : 'nowhere';
  // a name of which only a part could be seen is left to the title
  const isWide = ((until - from) / (now - begin)) * (innerWidth - (innerWidth > NARROW ? BESIDE : AROUND)) > LETTER * name.length + 12;
  const x = percent(from - begin);
  return svg`<g class="bar ${stretch.kind}"><title>${name}, ${duration(until - stretch.begin)}${stretch.end === null ? ' so far' : ''}${stretch.cause ? `: ${stretch.cause}` : ''}</title>
    <rect x=${x} y="4" height=${HEIGHT - 8} width=${percent(Math.max(until - from, (now - begin) / 400))} rx="3"></rect>
    ${isWide ? svg`<svg x=${x} width=${percent(until - from)} y="0" height=${HEIGHT}><text x="8" y=${HEIGHT / 2 + 4}>${name}</text></svg>` : nothing}</g>`;
}

export function lanes(events, now, here) {
  if (!events.length) {
    return nothing;
  }
  const newest = now - Math.min(...byService(events).map(([, list]) => moment(list[0].At)));
  const span = SPANS.find((one) => newest * 1.15 < one) ?? SPANS.at(-1);
  const begin = now - span;
  const ticks = Array.from({length: TICKS}, (_, i) => begin + (span * i) / (TICKS - 1));
  return html`<figure class="lanes" aria-labelledby="lanes-title">
    <figcaption><span id="lanes-title">Who took the calls in the last ${duration(span)}</span>
      <span class="legend"><i class="home"></i>first target<i class="away"></i>failed over<i class="lost"></i>nobody</span></figcaption>
    <div class="lane-grid">
      ${byService(events).map(([service, list]) => html`<a class="lane-name" href=${serviceLink(service)}>${service}</a>
        <svg class="lane" width="100%" height=${HEIGHT} role="img" aria-label="Targets of ${service}">${stretches(list).map((stretch) => bar(stretch, begin, now, here))}</svg>`)}
      <span></span><div class="ticks" aria-hidden="true">${ticks.map((tick, i) => html`<span>${i === TICKS - 1 ? 'now' : when(tick, now)}</span>`)}</div>
    </div></figure>`;
}
