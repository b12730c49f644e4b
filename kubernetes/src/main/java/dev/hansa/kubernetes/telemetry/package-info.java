/// What an operator's log, metrics and admin port say.
@NullMarked
package dev.hansa.kubernetes.telemetry;

import org.jspecify.annotations.NullMarked;
