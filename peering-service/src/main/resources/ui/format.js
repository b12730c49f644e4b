// How moments, durations and counts read.

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** Of milliseconds: `3 s`, `2 min 5 s`, at most two units. */
export function duration(millis) {
  if (millis < 1000) {
    return `${Math.max(0, Math.round(millis))} ms`;
  }
  let left = Math.round(millis / 1000) * 1000;
  const words = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) {
      words.push(`${count} ${unit}`);
    } else if (words.length) {
      break;
    }
    if (words.length === 2) {
      break;
    }
  }
  return words.join(' ');
}

/** How long before `now` a moment was; both in milliseconds. */
export function ago(at, now) {
  const age = now - at;
  return age < 1000 ? 'now' : `${duration(age)} ago`;
}

/** `1:05`, `23:59:59`: what is left until something ends. */
export function countdown(millis) {
  const seconds = Math.max(0, Math.ceil(millis / 1000));
  const two = (number) => String(number).padStart(2, '0');
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? rest : `${Math.floor(seconds / 3600)}:${rest}`;
}

/** Milliseconds of a moment as the API writes it; null when there is none. */
export function moment(text) {
  const millis = text ? Date.parse(text) : NaN;
  return Number.isNaN(millis) ? null : millis;
}

// midnight is 00 and not 24
const CLOCK = {hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23'};

/** The time of day in this browser's zone, with the date when it is another day. */
export function clockTime(millis, now) {
  const at = new Date(millis);
  const today = new Date(now);
  const time = at.toLocaleTimeString([], CLOCK);
  if (today.toDateString() === at.toDateString()) {
    return time;
  }
  const year = today.getFullYear() === at.getFullYear() ? undefined : 'numeric';
  return `${at.toLocaleDateString([], {year, month: 'short', day: 'numeric'})}, ${time}`;
}

/** `2026-11-29 23:59:59 UTC`, as servers' logs have it. */
export const utc = (millis) => `${new Date(millis).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** What this browser's zone is called at a moment: `GMT+1`. */
export const zone = (millis) => new Intl.DateTimeFormat([], {timeZoneName: 'short'}).formatToParts(millis).find(({type}) => type === 'timeZoneName').value;

// a token may say any number
const LAST = 8_640_000_000_000_000;

export const isMoment = (millis) => Math.abs(millis) <= LAST;

/** The day of a moment that may be years away. */
export const day = (millis) => new Date(millis).toLocaleDateString([], {year: 'numeric', month: 'short', day: 'numeric'});

export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

/** A number from 0 to below `most` that is the same for the same text. */
export function hue(text, most) {
  let hash = 0;
  for (const character of text) {
    hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  }
  return hash % most;
}
