"""The only module of the core that an addon may import."""

from __future__ import annotations

from core.addresses.address import Address
from core.channels.capabilities import AcknowledgesOrders
from core.channels.capabilities import AnswersDisputes
from core.channels.capabilities import BeginsPayouts
from core.channels.capabilities import BuysLabels
from core.channels.capabilities import Call
from core.channels.capabilities import ChecksAccount
from core.channels.capabilities import ClientOptions
from core.channels.capabilities import ConfirmsShipments
from core.channels.capabilities import Connector
from core.channels.capabilities import Http
from core.channels.capabilities import PublishesListings
from core.channels.capabilities import PullsDisputes
from core.channels.capabilities import PullsDocuments
from core.channels.capabilities import PullsHeldMoney
from core.channels.capabilities import PullsListings
from core.channels.capabilities import PullsMessages
from core.channels.capabilities import PullsOrders
from core.channels.capabilities import PullsReturns
from core.channels.capabilities import PullsSettlements
from core.channels.capabilities import PullsStoredGoods
from core.channels.capabilities import PushesPrices
from core.channels.capabilities import PushesStock
from core.channels.capabilities import ReadsFulfilments
from core.channels.capabilities import ReadsOffers
from core.channels.capabilities import ReadsPayouts
from core.channels.capabilities import ReadsStock
from core.channels.capabilities import SendsFulfilments
from core.channels.capabilities import SendsInbound
from core.channels.capabilities import SendsMessages
from core.channels.checking import NumberAnswer
from core.channels.checking import NumberQuestion
from core.channels.columns import ChoosesColumns
from core.channels.columns import ColumnChoice
from core.channels.columns import ColumnSeen
from core.channels.columns import FileSeen
from core.channels.connector import FileConnector
from core.channels.connector import LineKind
from core.channels.connector import OrderFile
from core.channels.connector import OrderFileFacts
from core.channels.connector import RejectedLine
from core.channels.connector import ShopFacts
from core.channels.connector import SourceLine
from core.channels.disputes import DisputeAnswer
from core.channels.disputes import DisputeKind
from core.channels.disputes import DisputeState
from core.channels.disputes import DisputeStep
from core.channels.disputes import DisputeVerdict
from core.channels.disputes import Evidence
from core.channels.disputes import ExternalDispute
from core.channels.documents import document_rows
from core.channels.downloads import Download
from core.channels.external import CancelAnswer
from core.channels.external import CostWeight
from core.channels.external import Direction
from core.channels.external import DocumentRow
from core.channels.external import ExternalDocument
from core.channels.external import ExternalLine
from core.channels.external import ExternalListing
from core.channels.external import ExternalMessage
from core.channels.external import ExternalOrder
from core.channels.external import ExternalRefund
from core.channels.external import ExternalReturn
from core.channels.external import ExternalSettlement
from core.channels.external import HeldMoney
from core.channels.external import ListingDraft
from core.channels.external import ListingVerdict
from core.channels.external import MessageDraft
from core.channels.external import MessageKind
from core.channels.external import OffersSeen
from core.channels.external import OrderPage
from core.channels.external import OrderStatus
from core.channels.external import Page
from core.channels.external import PayoutSeen
from core.channels.external import PriceUpdate
from core.channels.external import PushResult
from core.channels.external import Rejected
from core.channels.external import ReturnState
from core.channels.external import SentMessage
from core.channels.external import Shipment
from core.channels.external import StockSeen
from core.channels.external import StockUpdate
from core.channels.external import StoredGoods
from core.channels.external import Window
from core.channels.external import choice
from core.channels.external import moment
from core.channels.external import money
from core.channels.external import read_each
from core.channels.external import read_json
from core.channels.external import write_json
from core.channels.fulfilments import FulfilmentLine
from core.channels.fulfilments import FulfilmentOffer
from core.channels.fulfilments import FulfilmentOrder
from core.channels.fulfilments import FulfilmentParcel
from core.channels.fulfilments import FulfilmentSeen
from core.channels.fulfilments import FulfilmentState
from core.channels.inbound import InboundAct
from core.channels.inbound import InboundAnswer
from core.channels.inbound import InboundBox
from core.channels.inbound import InboundFee
from core.channels.inbound import InboundOption
from core.channels.inbound import InboundOutcome
from core.channels.inbound import InboundPlan
from core.channels.inbound import InboundShipment
from core.channels.inbound import InboundState
from core.channels.labels import BoughtLabel
from core.channels.labels import LabelLine
from core.channels.labels import LabelOffer
from core.channels.labels import LabelRequest
from core.channels.labels import ParcelSize
from core.channels.one_by_one import OneByOne
from core.channels.told_tax import TaxTold
from core.clock import now
from core.db import Base
from core.db import BigInt
from core.db import Day
from core.db import Flag
from core.db import Json
from core.db import Str
from core.db import UtcDateTime
from core.db import table_args
from core.errors import AmbiguousHook
from core.errors import AuthFailed
from core.errors import Conflict
from core.errors import ConnectorError
from core.errors import EntrepotError
from core.errors import HostRefused
from core.errors import InputError
from core.errors import MappingError
from core.errors import NotFound
from core.errors import OutcomeUnknown
from core.errors import RateLimited
from core.errors import RequestRefused
from core.errors import Unavailable
from core.errors import Unresolved
from core.errors import Veto
from core.fees.dictionary import FeeCode
from core.fees.dictionary import FeePack
from core.fees.dictionary import FeeRule
from core.fees.dictionary import FeeTable
from core.fees.dictionary import read_fee_table
from core.fees.facts import FeeAnswer
from core.fees.facts import FeeFacts
from core.fees.schedules import FeeSchedule
from core.fees.schedules import read_schedule
from core.http.answers import rate_in_header
from core.http.calls import HttpResponse
from core.http.calls import Limits
from core.http.calls import Operation
from core.http.calls import Outgoing
from core.http.calls import Rate
from core.http.calls import Signer
from core.http.client import HttpClient
from core.http.client import http_client
from core.http.oauth import OAuth2
from core.http.oauth import setting_text
from core.http.tokens import TokenSigner
from core.http.tokens import access_token
from core.identity.access import public
from core.identity.access import require
from core.identity.actor import Actor
from core.identity.actor import current_actor as current_user
from core.identity.actor import may
from core.identity.audit import audit
from core.kernel.blueprint import AddonBlueprint
from core.kernel.connecting import job_connection
from core.kernel.connecting import test_connection as try_connection
from core.kernel.connections import ConnectionInfo
from core.kernel.cursors import CursorInfo
from core.kernel.cursors import advance_cursor
from core.kernel.cursors import read_cursor
from core.kernel.hookspecs import hookimpl
from core.kernel.i18n import AddonTexts
from core.kernel.i18n import addon_texts
from core.kernel.jobs import JobContext
from core.kernel.jobs import enqueue
from core.kernel.jobs import enqueue_many
from core.kernel.jobs import job
from core.kernel.schema import Choice
from core.kernel.schema import Secret
from core.kernel.schema import SettingsSchema
from core.kernel.schema import readable_by
from core.kernel.secrets import SecretText
from core.kernel.settings import addon_settings
from core.ledger.profit import ProfitRow
from core.ledger.profit import profit_report
from core.ledger.report import Report
from core.ledger.report import ReportColumn
from core.ledger.report import ReportParameters
from core.ledger.report import ReportRow
from core.ledger.report import ReportTable
from core.ledger.report_files import make_file
from core.ledger.report_files import write_csv
from core.ledger.report_files import write_xlsx
from core.ledger.waterfall import REVENUE
from core.ledger.waterfall import STEPS
from core.money import amount_of
from core.money import minor_digits
from core.money import parse_decimal
from core.money import round_div
from core.money import to_micro
from core.money import to_minor
from core.outbox.declaring import EffectKind
from core.outbox.declaring import OutboxItem
from core.outbox.declaring import Receipt
from core.outbox.putting import confirm as confirm_effects
from core.outbox.putting import put as put_effect
from core.privacy.buyers import forget_buyers
from core.profits.shared import shared_profit_report
from core.rates.source import Fetched as FetchedRate
from core.rates.source import RateFeed
from core.rates.source import RateSource
from core.rules.actions import RuleAction
from core.rules.actions import RuledOrder
from core.rules.fields import RuleField
from core.settlements.facts import Extract
from core.settlements.facts import SettlementFiles
from core.settlements.facts import StatementFacts
from core.settlements.facts import StatementFile
from core.settlements.facts import StatementLine
from core.settlements.fetched import open_fetched
from core.stock.provider import ProviderKind
from core.stock.provider import RoutedOrder
from core.stock.provider import WarehouseProvider
from core.stock.queries import default_warehouses
from core.stock.queries import open_reservations
from core.tax.country import BUSINESS as BUSINESS_BUYER
from core.tax.country import IMPORTER
from core.tax.country import NOT_REGISTERED
from core.tax.country import CountryRegime
from core.tax.country import Treatment
from core.tax.country import each_below
from core.tax.country import each_within
from core.tax.decision import Given
from core.tax.decision import Levy
from core.tax.decision import TaxDecision
from core.tax.decision import tax_amount
from core.tax.decision import tax_within
from core.tax.facts import Consignment
from core.tax.facts import Goods
from core.tax.facts import Registration
from core.tax.facts import Seller
from core.tax.facts import TaxFacts
from core.tax.forms import BoxRule
from core.tax.forms import ReturnForm
from core.tax.forms import postponed_imports
from core.tax.in_prices import PriceBasis
from core.tax.in_prices import read_vat
from core.tax.in_prices import without_vat
from core.tax.invoice_rules import InvoiceRules
from core.tax.invoice_rules import invoice_rules
from core.tax.limits import LimitTable
from core.tax.limits import TaxLimit
from core.tax.limits import limit_table
from core.tax.local import PlaceRate
from core.tax.local import TaxPlace
from core.tax.local import place_rates
from core.tax.numbers import TaxNumber
from core.tax.numbers import read_tax_number
from core.tax.places import is_country
from core.tax.points import TaxPoints
from core.tax.points import tax_points
from core.tax.rates import RateTable
from core.tax.rates import TaxRate
from core.tax.rates import rate_table
from core.tax.regime import TaxRegime
from core.tax.thresholds import CALENDAR as CALENDAR_YEAR
from core.tax.thresholds import EITHER_YEAR
from core.tax.thresholds import ROLLING as ROLLING_YEAR
from core.tax.thresholds import SalesWindow
from core.tax.thresholds import Threshold
from core.tax.thresholds import taxed_by
from core.tax.turnover import TurnoverTest
from core.web.current import company as current_company
from core.web.current import reading as reading_session
from core.web.menu import MenuItem
from core.webhooks.declaring import Webhooks
from core.webhooks.inbox import WebhookNote
from core.webhooks.inbox import waiting_webhooks
from core.webhooks.inbox import webhook_body
from core.webhooks.inbox import webhooks_handled
from core.webhooks.signatures import BodySignature
from core.webhooks.signatures import StampedSignature
from core.webhooks.signatures import WebhookMessage
from core.webhooks.signatures import hmac_text
from core.webhooks.signatures import is_recent
from core.webhooks.signatures import same as same_signature

__all__ = [
    "AcknowledgesOrders",
    "Actor",
    "AddonBlueprint",
    "AddonTexts",
    "Address",
    "AmbiguousHook",
    "AnswersDisputes",
    "AuthFailed",
    "BUSINESS_BUYER",
    "Base",
    "BeginsPayouts",
    "BigInt",
    "BodySignature",
    "BoughtLabel",
    "BoxRule",
    "BuysLabels",
    "CALENDAR_YEAR",
    "Call",
    "CancelAnswer",
    "ChecksAccount",
    "Choice",
    "ChoosesColumns",
    "ClientOptions",
    "ColumnChoice",
    "ColumnSeen",
    "ConfirmsShipments",
    "Conflict",
    "ConnectionInfo",
    "Connector",
    "ConnectorError",
    "Consignment",
    "CostWeight",
    "CountryRegime",
    "CursorInfo",
    "Day",
    "Direction",
    "DisputeAnswer",
    "DisputeKind",
    "DisputeState",
    "DisputeStep",
    "DisputeVerdict",
    "DocumentRow",
    "Download",
    "EITHER_YEAR",
    "EffectKind",
    "EntrepotError",
    "Evidence",
    "ExternalDispute",
    "ExternalDocument",
    "ExternalLine",
    "ExternalListing",
    "ExternalMessage",
    "ExternalOrder",
    "ExternalRefund",
    "ExternalReturn",
    "ExternalSettlement",
    "Extract",
    "FeeAnswer",
    "FeeCode",
    "FeeFacts",
    "FeePack",
    "FeeRule",
    "FeeSchedule",
    "FeeTable",
    "FetchedRate",
    "FileConnector",
    "FileSeen",
    "Flag",
    "FulfilmentLine",
    "FulfilmentOffer",
    "FulfilmentOrder",
    "FulfilmentParcel",
    "FulfilmentSeen",
    "FulfilmentState",
    "Given",
    "Goods",
    "HeldMoney",
    "HostRefused",
    "Http",
    "HttpClient",
    "HttpResponse",
    "IMPORTER",
    "InboundAct",
    "InboundAnswer",
    "InboundBox",
    "InboundFee",
    "InboundOption",
    "InboundOutcome",
    "InboundPlan",
    "InboundShipment",
    "InboundState",
    "InputError",
    "InvoiceRules",
    "JobContext",
    "Json",
    "LabelLine",
    "LabelOffer",
    "LabelRequest",
    "Levy",
    "LimitTable",
    "Limits",
    "LineKind",
    "ListingDraft",
    "ListingVerdict",
    "MappingError",
    "MenuItem",
    "MessageDraft",
    "MessageKind",
    "NOT_REGISTERED",
    "NotFound",
    "NumberAnswer",
    "NumberQuestion",
    "OAuth2",
    "OffersSeen",
    "OneByOne",
    "Operation",
    "OrderFile",
    "OrderFileFacts",
    "OrderPage",
    "OrderStatus",
    "OutboxItem",
    "OutcomeUnknown",
    "Outgoing",
    "Page",
    "ParcelSize",
    "PayoutSeen",
    "PlaceRate",
    "PriceBasis",
    "PriceUpdate",
    "ProfitRow",
    "ProviderKind",
    "PublishesListings",
    "PullsDisputes",
    "PullsDocuments",
    "PullsHeldMoney",
    "PullsListings",
    "PullsMessages",
    "PullsOrders",
    "PullsReturns",
    "PullsSettlements",
    "PullsStoredGoods",
    "PushResult",
    "PushesPrices",
    "PushesStock",
    "REVENUE",
    "ROLLING_YEAR",
    "Rate",
    "RateFeed",
    "RateLimited",
    "RateSource",
    "RateTable",
    "ReadsFulfilments",
    "ReadsOffers",
    "ReadsPayouts",
    "ReadsStock",
    "Receipt",
    "Registration",
    "Rejected",
    "RejectedLine",
    "Report",
    "ReportColumn",
    "ReportParameters",
    "ReportRow",
    "ReportTable",
    "RequestRefused",
    "ReturnForm",
    "ReturnState",
    "RoutedOrder",
    "RuleAction",
    "RuleField",
    "RuledOrder",
    "STEPS",
    "SalesWindow",
    "Secret",
    "SecretText",
    "Seller",
    "SendsFulfilments",
    "SendsInbound",
    "SendsMessages",
    "SentMessage",
    "SettingsSchema",
    "SettlementFiles",
    "Shipment",
    "ShopFacts",
    "Signer",
    "SourceLine",
    "StampedSignature",
    "StatementFacts",
    "StatementFile",
    "StatementLine",
    "StockSeen",
    "StockUpdate",
    "StoredGoods",
    "Str",
    "TaxDecision",
    "TaxFacts",
    "TaxLimit",
    "TaxNumber",
    "TaxPlace",
    "TaxPoints",
    "TaxRate",
    "TaxRegime",
    "TaxTold",
    "Threshold",
    "TokenSigner",
    "Treatment",
    "TurnoverTest",
    "Unavailable",
    "Unresolved",
    "UtcDateTime",
    "Veto",
    "WarehouseProvider",
    "WebhookMessage",
    "WebhookNote",
    "Webhooks",
    "Window",
    "access_token",
    "addon_settings",
    "addon_texts",
    "advance_cursor",
    "amount_of",
    "audit",
    "choice",
    "confirm_effects",
    "current_company",
    "current_user",
    "default_warehouses",
    "document_rows",
    "each_below",
    "each_within",
    "enqueue",
    "enqueue_many",
    "forget_buyers",
    "hmac_text",
    "hookimpl",
    "http_client",
    "invoice_rules",
    "is_country",
    "is_recent",
    "job",
    "job_connection",
    "limit_table",
    "make_file",
    "may",
    "minor_digits",
    "moment",
    "money",
    "now",
    "open_fetched",
    "open_reservations",
    "parse_decimal",
    "place_rates",
    "postponed_imports",
    "profit_report",
    "public",
    "put_effect",
    "rate_in_header",
    "rate_table",
    "read_cursor",
    "read_each",
    "read_fee_table",
    "read_json",
    "read_schedule",
    "read_tax_number",
    "read_vat",
    "readable_by",
    "reading_session",
    "require",
    "round_div",
    "same_signature",
    "setting_text",
    "shared_profit_report",
    "table_args",
    "tax_amount",
    "tax_points",
    "tax_within",
    "taxed_by",
    "to_micro",
    "to_minor",
    "try_connection",
    "waiting_webhooks",
    "webhook_body",
    "webhooks_handled",
    "without_vat",
    "write_csv",
    "write_json",
    "write_xlsx",
]
