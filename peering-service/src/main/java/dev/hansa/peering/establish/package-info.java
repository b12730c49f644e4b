/// How two datacenters become peers.
@NullMarked
package dev.hansa.peering.establish;

import org.jspecify.annotations.NullMarked;
