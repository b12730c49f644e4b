/// Events become log lines and metrics in one place.
@NullMarked
package dev.hansa.gateway.telemetry;

import org.jspecify.annotations.NullMarked;
