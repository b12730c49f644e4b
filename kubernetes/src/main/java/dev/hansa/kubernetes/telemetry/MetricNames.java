package dev.hansa.kubernetes.telemetry;

/// Every metric of an operator (docs/OPERATIONS.md has a row for each).
public final class MetricNames {
    public static final String WORK = "hansa_operator_work_total";
    public static final String WRITES = "hansa_operator_writes_total";
    public static final String QUEUE = "hansa_operator_queue_subjects";
    public static final String QUEUE_FULL = "hansa_operator_queue_full_total";
    public static final String LEADING = "hansa_operator_leading";
    public static final String WATCHES = "hansa_operator_watches_synced";
    public static final String ABANDONED = "hansa_operator_abandoned_total";
    public static final String ORPHANS = "hansa_operator_orphans_removed_total";
    public static final String WATCH_FAILURES = "hansa_operator_watch_failures_total";
    public static final String RESYNC_FAILURES = "hansa_operator_resync_failures_total";
    public static final String CATALOG_WORK = "hansa_operator_catalog_work_total";
    public static final String CATALOG_WRITES = "hansa_operator_catalog_writes_total";
    public static final String CATALOG_QUEUE = "hansa_operator_catalog_queue_services";
    public static final String POD_PROBLEMS = "hansa_operator_pod_problems_total";

    private MetricNames() {}
}
