// Writes a value as HCL, the way operators have their entries: data alone, as the server's reader takes it.

const BARE = /^[A-Za-z_][A-Za-z0-9_-]*$/;
// what stands on one line, at most
const NARROW = 72;

const isPlain = (value) => value === null || typeof value !== 'object';

// what the server's reader refuses as it stands: a template that is not ended plainly, and control characters that
// JSON leaves alone; all else it reads as JSON does
const REFUSED = /\$(?=\{(?![^}"\\{]*\}))|[\u007f-\u009f]/g;

const escape = (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;

const scalar = (value) => JSON.stringify(value).replace(REFUSED, escape);

const key = (name) => (BARE.test(name) ? name : scalar(name));

const pair = ([name, value], margin) => `${key(name)} = ${written(value, margin)}`;

/** On one line, when it is short and holds nothing that holds more. */
function narrow(value) {
  const parts = Array.isArray(value) ? value : Object.values(value);
  if (!parts.every(isPlain)) {
    return '';
  }
  const inside = Array.isArray(value) ? value.map(scalar).join(', ') : Object.entries(value).map((one) => pair(one, '')).join(', ');
  const line = Array.isArray(value) ? `[${inside}]` : inside ? `{ ${inside} }` : '{}';
  return line.length <= NARROW ? line : '';
}

function written(value, margin) {
  if (isPlain(value)) {
    return scalar(value);
  }
  const deeper = `${margin}  `;
  return narrow(value)
    || (Array.isArray(value)
      ? `[\n${value.map((one) => `${deeper}${written(one, deeper)},\n`).join('')}${margin}]`
      : `{\n${Object.entries(value).map((one) => `${deeper}${pair(one, deeper)}\n`).join('')}${margin}}`);
}

export const hcl = (entry) => Object.entries(entry).map((one) => `${pair(one, '')}\n`).join('');

export const json = (entry) => `${JSON.stringify(entry, null, 2)}\n`;
