/// What operators are told about failover, and how they steer it. Everything here is answered from
/// the routes that proxies are given.
@NullMarked
package dev.hansa.peering.failover;

import org.jspecify.annotations.NullMarked;
