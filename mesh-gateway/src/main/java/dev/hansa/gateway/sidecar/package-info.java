/// The two mTLS ends.
@NullMarked
package dev.hansa.gateway.sidecar;

import org.jspecify.annotations.NullMarked;
