// The rule for one pair, in the entry of the service that is called: written or taken out only over what whoever looks has
// seen of it.
import {call} from './api.js';
import {at, present} from './saving.js';

const KIND = 'service-intentions';
// another rule of the same entry may be written meanwhile, which is no reason to give up
const ATTEMPTS = 5;

const isOf = ({from, peer}) => (source) => !source.SamenessGroup && source.Name === from && (source.Peer ?? '') === peer;

/** Pairs of what people keep beside a rule; a list of rules names them otherwise than an entry does. */
const meta = ({LegacyMeta, Meta}) => Object.entries(LegacyMeta ?? Meta ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));

/** What a rule says, to be compared; null: there is none. */
const says = (source) => source && JSON.stringify([source.Action, source.Description ?? '', meta(source)]);

/** The rule that stands in place of another: what people keep beside it stays, and an action is instead of permissions. */
const instead = ({from, peer}, there, rule) => {
  const {Permissions: _, ...kept} = there ?? {};
  return {...kept, Name: from, ...(peer ? {Peer: peer} : {}), ...rule};
};

/**
 * Writes or takes out a rule, if what is there is what was seen.
 *
 * @param pair `from`, `peer` of the caller or '', and `to`
 * @param seen the rule with `Action` and `Description`; null: none was there
 * @param rule the one to be written, in the same form; null: the one that is there goes
 * @return null: it is done; otherwise nothing was written, and `there` is what is there instead
 */
export async function replace(pair, seen, rule) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const {entry, index} = await present(KIND, pair.to);
    const before = entry?.Sources ?? [];
    const there = before.find(isOf(pair)) ?? null;
    if (says(there) !== says(seen)) {
      return {there};
    }
    const own = rule ? [instead(pair, there, rule)] : [];
    const sources = there ? before.flatMap((one) => (one === there ? own : [one])) : [...before, ...own];
    const done = sources.length
      ? await call('PUT', `config?cas=${index}`, {Kind: KIND, Name: pair.to, ...entry, Sources: sources})
      : await call('DELETE', `${at(KIND, pair.to)}?cas=${index}`);
    if (done === true) {
      return null;
    }
  }
  throw new Error(`Not saved: the rules for calls to ${pair.to} kept changing; try again.`);
}
