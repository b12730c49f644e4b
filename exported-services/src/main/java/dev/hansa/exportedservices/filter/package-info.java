/// Boolean expressions over the fields of a record, in the language of go-bexpr, which Consul uses
/// for subsets and for `?filter=`.
@NullMarked
package dev.hansa.exportedservices.filter;

import org.jspecify.annotations.NullMarked;
