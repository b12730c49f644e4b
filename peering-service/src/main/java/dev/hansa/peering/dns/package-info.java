/// What this server answers by DNS: the live catalog, by the names that Consul's clients know.
@NullMarked
package dev.hansa.peering.dns;

import org.jspecify.annotations.NullMarked;
