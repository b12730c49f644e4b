/// Decisions: no bytes, no Netty.
@NullMarked
package dev.hansa.gateway.route;

import org.jspecify.annotations.NullMarked;
