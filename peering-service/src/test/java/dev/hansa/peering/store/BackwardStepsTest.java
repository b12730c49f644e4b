package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto.AppendResult;
import org.junit.jupiter.api.Test;

/// Where the leader is asked to begin.
class BackwardStepsTest {
    private static AppendEntriesReplyProto reply(AppendResult result, long next, long agreed) {
        return AppendEntriesReplyProto.newBuilder()
                .setResult(result)
                .setNextIndex(next)
                .setFollowerCommit(agreed)
                .build();
    }

    private static long further(long next, long agreed) {
        return BackwardSteps.further(reply(AppendResult.INCONSISTENCY, next, agreed))
                .getNextIndex();
    }

    @Test
    void whatDoesNotFitIsAskedForFromBehindTheLastThatWasAgreedOn() {
        assertThat(further(31_581, 31_545)).isEqualTo(31_546);
        assertThat(further(31_581, 31_580)).isEqualTo(31_581);
    }

    /// After a start a member does not know yet what was agreed on: it must not ask for the whole
    /// log, which the leader may have forgotten.
    @Test
    void oneStepIsNoLongerThanWhatACutOffLeaderTakes() {
        assertThat(further(31_581, -1)).isEqualTo(31_581 - BackwardSteps.STEP);
        assertThat(further(100, -1)).isZero();
    }

    @Test
    void whatSaysLessAlreadyAndWhatFitsIsLeftAsItIs() {
        assertThat(further(0, -1)).isZero();
        assertThat(further(20, 40)).isEqualTo(20);
        var taken = reply(AppendResult.SUCCESS, 31_581, 31_545);
        assertThat(BackwardSteps.further(taken)).isSameAs(taken);
        var stranger = reply(AppendResult.NOT_LEADER, 31_581, 31_545);
        assertThat(BackwardSteps.further(stranger)).isSameAs(stranger);
    }
}
