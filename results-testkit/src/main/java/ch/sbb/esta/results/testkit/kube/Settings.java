package ch.sbb.esta.results.testkit.kube;

import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.Optional;
import java.util.function.Predicate;

/** What a server was built with. */
record Settings(
        InstantSource clock,
        ZoneId logZone,
        long containerLogMaxSize,
        Duration logCheckInterval,
        boolean tls,
        boolean goneAsHttpStatus,
        int historyChanges,
        int requestLimit,
        Duration bookmarkInterval,
        Duration watchTimeout,
        Optional<Duration> tokenLifetime,
        Predicate<KubeRequest> authorizer) {}
