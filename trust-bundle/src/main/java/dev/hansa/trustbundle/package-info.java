/// Who is who: trust domains, SPIFFE IDs, the names that gateways route by, and the trust bundles
/// that certificates are checked against.
@NullMarked
package dev.hansa.trustbundle;

import org.jspecify.annotations.NullMarked;
