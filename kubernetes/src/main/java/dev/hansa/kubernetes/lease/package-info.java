/// One writer among the replicas of the operator.
@NullMarked
package dev.hansa.kubernetes.lease;

import org.jspecify.annotations.NullMarked;
