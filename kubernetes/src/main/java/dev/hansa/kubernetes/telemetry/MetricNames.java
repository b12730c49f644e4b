package dev.hansa.kubernetes.telemetry;

/// Every metric of an operator and an injector (docs/OPERATIONS.md has a row for each).
public final class MetricNames {
    public static final String WORK = "hansa_operator_work_total";
    public static final String WRITES = "hansa_operator_writes_total";
    public static final String QUEUE = "hansa_operator_queue_subjects";
    public static final String QUEUE_FULL = "hansa_operator_queue_full_total";
    public static final String LEADING = "hansa_operator_leading";
    public static final String WATCHES = "hansa_operator_watches_synced";
    public static final String KINDS_LACKING = "hansa_operator_kinds_lacking";
    public static final String ABANDONED = "hansa_operator_abandoned_total";
    public static final String ORPHANS = "hansa_operator_orphans_removed_total";
    public static final String WATCH_FAILURES = "hansa_operator_watch_failures_total";
    public static final String RESYNC_FAILURES = "hansa_operator_resync_failures_total";
    public static final String CATALOG_WORK = "hansa_operator_catalog_work_total";
    public static final String CATALOG_WRITES = "hansa_operator_catalog_writes_total";
    public static final String CATALOG_QUEUE = "hansa_operator_catalog_queue_services";
    public static final String POD_PROBLEMS = "hansa_operator_pod_problems_total";
    public static final String INJECTOR_REVIEWS = "hansa_injector_reviews_total";
    public static final String INJECTOR_LEADING = "hansa_injector_leading";
    public static final String INJECTOR_CERTIFICATE_END = "hansa_injector_certificate_end_seconds";
    public static final String INJECTOR_UPKEEP_FAILURES = "hansa_injector_upkeep_failures_total";
    public static final String INJECTOR_PODS_REPORTED = "hansa_injector_pods_reported_total";

    private MetricNames() {}
}
