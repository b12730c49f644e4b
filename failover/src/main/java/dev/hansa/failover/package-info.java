/// From names, policy and health to an ordered list of targets, and how that list reaches a proxy.
@NullMarked
package dev.hansa.failover;

import org.jspecify.annotations.NullMarked;
