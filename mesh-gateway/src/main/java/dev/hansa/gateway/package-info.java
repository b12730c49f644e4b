/// The data plane: a gateway that relays by name and never decrypts, and a sidecar that ends mTLS
/// for one service. Two mains of the same parts.
@NullMarked
package dev.hansa.gateway;

import org.jspecify.annotations.NullMarked;
