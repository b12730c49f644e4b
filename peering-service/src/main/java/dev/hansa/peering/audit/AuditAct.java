package dev.hansa.peering.audit;

/// What was done, or was not, without who and when.
///
/// @param what a word, e.g. `config-entry.write`, which stays what it is
/// @param on the name of what it is about
/// @param outcome a word of [AuditOutcome]
/// @param reason a word of [AuditReason]; empty: the outcome needs none
/// @param detail what came with the command: never a sentence that each server makes by itself, as
///   two builds would make two
/// @param untold how many refusals of the same caller came before it and have no record
public record AuditAct(
        String what, String on, String outcome, String reason, String detail, long untold) {}
