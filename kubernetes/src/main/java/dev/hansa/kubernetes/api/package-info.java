/// The HTTP API of a datacenter's server, as far as the operator asks it.
@NullMarked
package dev.hansa.kubernetes.api;

import org.jspecify.annotations.NullMarked;
