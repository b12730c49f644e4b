/// A peering token: mint, encode, read, reject. Usable by itself: no server, no network, no disk.
///
/// The side that invites signs with a certified key; the other believes the text for what it
/// proves.
///
/// ```java
/// var text = new TokenIssuer(signingKey, chain).issue(token, TokenForm.SIGNED);
///
/// switch (new TokenReader().read(text, Instant.now(), TokenTerms.of(new Datacenter("lke")))) {
///     case TokenReading.Accepted(var token, var fingerprint, var form) -> dial(token);
///     case TokenReading.Rejected(var rejection) -> refuse(rejection.reason(), rejection.sentence());
/// }
/// ```
///
/// The acceptor keeps [dev.hansa.bootstrap.Sha256#hex], never the secret, and uses it up at most
/// once: that a token is single use is the store's to hold, not the text's.
@NullMarked
package dev.hansa.token;

import org.jspecify.annotations.NullMarked;
