/// Bytes: accept, peek, connect, relay, drain.
@NullMarked
package dev.hansa.gateway.wire;

import org.jspecify.annotations.NullMarked;
