/// Events become log lines, metrics and audit records in one place.
@NullMarked
package dev.hansa.peering.telemetry;

import org.jspecify.annotations.NullMarked;
