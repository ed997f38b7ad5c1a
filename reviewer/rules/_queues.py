"""What a consumer of a queue, a topic or a socket is handed: data of another system, as it came in."""

from __future__ import annotations

from reviewer.core.expr import TypeKind
from reviewer.core.facts import FileFacts, Param

_MESSAGES = frozenset(
    ("message", "msg", "event", "raw", "rawBody", "payload", "packet", "record", "rawMessage", "frame")
)
"""Parameters that hold what another system sent."""

_CARRIED = _MESSAGES | {"data", "body", "content", "job", "delivery", "buffer"}
_LIBRARIES = ("amqplib", "kafkajs", "@aws-sdk/client-sqs", "@nestjs/microservices", "nats", "mqtt", "ws", "stompit",
              "amqp-connection-manager", "@golevelup/nestjs-rabbitmq", "@google-cloud/pubsub", "@azure/service-bus",
              "sqs-consumer", "@ssut/nestjs-sqs", "aws-lambda", "@nestjs/websockets", "rhea")  # fmt: skip
_CONSUMERS = ("consumer", "subscriber", "queue", "kafka", "rabbit", "amqp", "sqs", "pubsub", "webhook", "mqtt")
"""In the name of a class or function: it takes what a broker delivers."""

_RAW_TYPES = frozenset(
    ("Record", "Buffer", "Uint8Array", "ArrayBuffer", "ConsumeMessage", "KafkaMessage", "Message", "RawData",
     "EachMessagePayload", "SQSRecord", "MessageEvent")
)  # fmt: skip
"""Types that say nothing of what is inside."""


def is_message(facts: FileFacts, name: str, scope: int) -> bool:
    """Whether a name is a parameter that holds a message as it came in: text or bytes, not yet an object."""
    return name in _MESSAGES and _param(facts, name, scope) is not None


def is_from_queue(facts: FileFacts, steps: list[str], scope: int) -> bool:
    """Whether a dotted name is what a consumer is handed, or a part of that whose type says nothing."""
    param = _param(facts, steps[0], scope) if steps[0] in _CARRIED else None
    return param is not None and _says_nothing(param) and _consumes(facts, scope)


def _param(facts: FileFacts, name: str, scope: int) -> Param | None:
    around = (facts.functions[at] for at in facts.index.around(scope) if at >= 0)
    return next((param for one in around for param in one.params if param.name == name), None)


def _says_nothing(param: Param) -> bool:
    if param.type.kind in (TypeKind.ANY, TypeKind.NONE, TypeKind.PRIMITIVE, TypeKind.INLINE):
        return True
    return param.type.name in _RAW_TYPES or param.type.text.startswith("Record<")


def _consumes(facts: FileFacts, scope: int) -> bool:
    """Whether a function belongs to a consumer: by its name or its class's, or by what the file imports."""
    if any(item.module in _LIBRARIES for item in facts.imports):
        return True
    symbols = (facts.functions[at].symbol.lower() for at in facts.index.around(scope) if at >= 0)
    return any(word in symbol for symbol in symbols for word in _CONSUMERS)
