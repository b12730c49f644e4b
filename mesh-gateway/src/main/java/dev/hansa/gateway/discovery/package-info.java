/// Routes and certificates in, from the peering service.
@NullMarked
package dev.hansa.gateway.discovery;

import org.jspecify.annotations.NullMarked;
