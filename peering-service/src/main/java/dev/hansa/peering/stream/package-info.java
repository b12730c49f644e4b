/// One conversation with each peer, on Consul's wire.
@NullMarked
package dev.hansa.peering.stream;

import org.jspecify.annotations.NullMarked;
