/// Check: who is at the other end of a TLS connection.
@NullMarked
package dev.hansa.trustbundle.tls;

import org.jspecify.annotations.NullMarked;
