/// Certificates and routes for the datacenter's own proxies.
@NullMarked
package dev.hansa.peering.discovery;

import org.jspecify.annotations.NullMarked;
