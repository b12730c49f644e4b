/// How somebody comes in with a token of somebody else's: where its issuer's keys are, what of its
/// claims is looked at, and what whoever has them may do. Whether the token is to be believed is
/// said by `dev.hansa.token.login`. Nothing here knows of requests.
@NullMarked
package dev.hansa.peering.login;

import org.jspecify.annotations.NullMarked;
