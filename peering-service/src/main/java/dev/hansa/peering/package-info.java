/// The control plane of a datacenter: catalog, config entries, certificate authority, peerings and
/// the routes of its proxies.
@NullMarked
package dev.hansa.peering;

import org.jspecify.annotations.NullMarked;
