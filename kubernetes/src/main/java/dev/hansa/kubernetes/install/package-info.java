/// What the chart has done once, or at each start of a pod: access control and the certificate of
/// the HTTP API, a server's place among the others, a gateway's address (ADR 0035).
@NullMarked
package dev.hansa.kubernetes.install;

import org.jspecify.annotations.NullMarked;
