/// Issue: a datacenter's certificate authority.
@NullMarked
package dev.hansa.trustbundle.ca;

import org.jspecify.annotations.NullMarked;
