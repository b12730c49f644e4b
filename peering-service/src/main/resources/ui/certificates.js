// The certificate authority: the roots that everybody trusts, how long they last, and their rotation.
import {html, nothing} from './lit-html/lit-html.js';
import {repeat} from './lit-html/directives/repeat.js';
import {Resource} from './live.js';
import {validity} from './der.js';
import {moment} from './format.js';
import {badge, empty, field, shown} from './parts.js';
import {rotation} from './rotation.js';
import {Fingerprints, life} from './trust.js';

// a rotation's steps take from a moment to days, and its end is nothing that the server tells of
const EVERY = 2000;

export function certificates({datacenter}) {
  const status = new Resource('hansa/ca', ['config'], EVERY);
  const roots = new Resource('connect/ca/roots', ['config'], EVERY);
  const configuration = new Resource('connect/ca/configuration', ['config']);
  const refresh = () => [status, roots].forEach((one) => one.refresh());
  const turn = rotation(status, refresh, datacenter);

  const prints = new Fingerprints();

  function role(root) {
    if (root.Active) {
      return badge('ok', 'signs');
    }
    return status.value?.Rotation?.Phase === 'publishing' ? badge('next', 'will sign next') : badge('off', 'is being withdrawn');
  }

  function intermediate(root) {
    const good = validity(root.IntermediateCerts?.[0] ?? '');
    return good
      ? html`<h4>Its intermediate, which signs certificates</h4>${life(good.from, good.until)}
          <p class="muted small">${status.value?.External ? 'The operator\'s to renew: a rotation reads the files again.' : 'Renewed by itself when half of its life is over.'}</p>`
      : nothing;
  }

  const card = (root) => html`<article class="card root" data-root=${root.ID}><div class="head"><h3>${root.Name}</h3> ${role(root)}</div>
    ${life(moment(root.NotBefore), moment(root.NotAfter))}
    <dl class="facts">
      ${field('SHA-256', prints.of(root.RootCert))}
      ${field('ID (SHA-1)', html`<span class="code">${root.ID}</span>`)}
      ${field('Key', `${root.PrivateKeyType.toUpperCase()}, ${root.PrivateKeyBits} bits`)}
    </dl>${root.Active ? intermediate(root) : nothing}</article>`;

  const list = ({Roots: all}) =>
    all.length ? html`<div class="roots">${repeat(all, (one) => one.ID, card)}</div>` : empty('No root', 'This datacenter has no certificate authority yet.');

  const facts = ({TrustDomain, External}) => html`<dl class="facts card">
    ${field('Trust domain', html`<span class="code">${TrustDomain}</span>`)}
    ${field('Root', External ? 'the operator\'s own, from files' : 'made here')}
    ${field('Certificates of proxies and servers', configuration.value ? html`last <b>${configuration.value.Config.LeafCertTTL.replace(/(\D)0s$/, '$1').replace(/(\D)0m$/, '$1')}</b>, renewed from two thirds on` : 'not known')}</dl>`;

  return {
    title: 'Certificates',
    resources: [status, roots, configuration],
    stop: () => turn.close(),
    body: () => html`<header class="page"><div><h1 tabindex="-1">Certificate authority</h1>
        <p class="lead">Whom everybody in ${datacenter} trusts. ${turn.waiting()}</p></div>${status.value && !status.error ? turn.button() : nothing}</header>
      ${turn.dialog()}
      ${shown(status, (value) => html`${facts(value)}${turn.draw(value)}`)}
      <section aria-labelledby="roots"><h2 id="roots">Roots</h2>${shown(roots, list)}</section>`,
  };
}
