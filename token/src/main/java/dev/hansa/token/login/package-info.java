/// A token of somebody else's (a JWT of an identity provider or of a Kubernetes cluster) with which
/// its holder logs in: which keys may have signed it, and what it then says. Usable by itself: no
/// server, no network, no disk. Nothing that a token names is ever fetched.
@NullMarked
package dev.hansa.token.login;

import org.jspecify.annotations.NullMarked;
