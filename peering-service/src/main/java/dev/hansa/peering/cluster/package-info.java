/// What is true now and can be learnt again.
@NullMarked
package dev.hansa.peering.cluster;

import org.jspecify.annotations.NullMarked;
