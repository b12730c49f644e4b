package dev.hansa.peering.store;

import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto.AppendResult;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;

/// How far back a member asks for entries whose log ends otherwise than the leader's. By the
/// library (3.3.0) it is one entry for each answer, and the answer to each heartbeat in between
/// begins anew at the end: on a machine that takes more than a heartbeat for the steps, a member
/// that had led and had taken some dozens of writes which nobody else has was never brought back,
/// and counted for no majority.
final class BackwardSteps implements ServerInterceptor {
    /// As many as a leader takes at most that is cut off: two answers lead to where both logs are
    /// the same. What the member has already of what is sent then is passed over.
    static final int STEP = LogSettings.WAITING;

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        return next.startCall(
                new SimpleForwardingServerCall<Q, A>(call) {
                    @Override
                    public void sendMessage(A message) {
                        super.sendMessage(further(message));
                    }
                },
                headers);
    }

    @SuppressWarnings("unchecked") // it is of the type that it was
    private static <A> A further(A message) {
        return message instanceof AppendEntriesReplyProto reply ? (A) further(reply) : message;
    }

    /// Never before what was agreed on: that is the same in each log.
    static AppendEntriesReplyProto further(AppendEntriesReplyProto reply) {
        var agreed = reply.getFollowerCommit() + 1;
        var next = Math.max(agreed, reply.getNextIndex() - STEP);
        return reply.getResult() == AppendResult.INCONSISTENCY && next < reply.getNextIndex()
                ? reply.toBuilder().setNextIndex(next).build()
                : reply;
    }
}
