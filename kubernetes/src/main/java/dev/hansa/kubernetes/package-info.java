/// The operator: custom resources of a Kubernetes cluster become config entries and peerings of a
/// datacenter (ADR 0032).
@NullMarked
package dev.hansa.kubernetes;

import org.jspecify.annotations.NullMarked;
