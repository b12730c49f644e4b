/// The injector: which pods get a sidecar, and what is written into them (ADR 0036).
@NullMarked
package dev.hansa.kubernetes.inject;

import org.jspecify.annotations.NullMarked;
