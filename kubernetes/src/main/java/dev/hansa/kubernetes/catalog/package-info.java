/// What of a Kubernetes cluster stands in a datacenter's catalog. Pure: the same objects always
/// give the same registrations.
@NullMarked
package dev.hansa.kubernetes.catalog;

import org.jspecify.annotations.NullMarked;
