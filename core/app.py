"""The web application: kernel, pages of the core, pages of addons, and the gate before them."""

from __future__ import annotations

from flask import Flask
from flask_bootstrap import Bootstrap5

from core.allocation import api as allocation_api
from core.allocation import views as allocation
from core.attention import views as attention
from core.catalog import api as catalog_api
from core.catalog import views as catalog
from core.closing import api as periods_api
from core.closing import views as closing
from core.config import Config
from core.config import load_config
from core.costing import api as costs_api
from core.costing import views as costing
from core.customs import api as customs_api
from core.customs import views as customs
from core.disputes import api as disputes_api
from core.disputes import views as disputes
from core.expenses import api as bills_api
from core.expenses import views as expenses
from core.fees import api as fees_api
from core.fees import views as finality
from core.fulfilling import views as fulfilling
from core.inbound import api as inbound_api
from core.inbound import views as inbound
from core.invoicing import api as invoicing_api
from core.invoicing import views as invoicing
from core.kernel.gate import guard
from core.kernel.kernel import Kernel
from core.labelling import api as labels_api
from core.labelling import views as parcel_labels
from core.ledger import views as ledger
from core.lists import views as lists
from core.messages import api as messages_api
from core.messages import views as messages
from core.onboarding import views as onboarding
from core.orders import announced_api as returns_api
from core.orders import announced_views as returns
from core.orders import api as orders_api
from core.orders import several_views as several_orders
from core.orders import shortage_api as shortages_api
from core.orders import shortage_views as shortages
from core.orders import views as orders
from core.payables import api as payables_api
from core.payables import views as payables
from core.privacy import views as privacy
from core.profits import api as profits_api
from core.profits import views as profits
from core.publishing import api as publishing_api
from core.publishing import price_api as prices_api
from core.publishing import price_views as prices
from core.publishing import views as publishing
from core.rates import api as rates_api
from core.rates import views as rates
from core.rules import api as rules_api
from core.rules import views as rules
from core.settlements import api as settlements_api
from core.settlements import views as settlements
from core.stock import views as stock
from core.tax import api as tax_api
from core.tax import views as tax
from core.uploads import api as uploads_api
from core.uploads import columns
from core.uploads import views as uploads
from core.warehousing import api as warehousing_api
from core.warehousing import places_api as warehouses_api
from core.warehousing import views as warehousing
from core.web import account
from core.web import addons
from core.web import addons_api
from core.web import addresses
from core.web import api
from core.web import audit
from core.web import authorising
from core.web import compressing
from core.web import connections
from core.web import connections_api
from core.web import current
from core.web import errors
from core.web import formats
from core.web import guarding
from core.web import health
from core.web import home
from core.web import i18n
from core.web import imports
from core.web import jobs
from core.web import jobs_api
from core.web import labels
from core.web import login
from core.web import reference
from core.web import safe_mode
from core.web import search
from core.web import security
from core.web import shell
from core.web import templating
from core.web import users
from core.web import users_api
from core.web import webhooks

PAGES = (
    health.blueprint,
    login.blueprint,
    home.blueprint,
    attention.blueprint,
    onboarding.blueprint,
    search.blueprint,
    orders.blueprint,
    several_orders.blueprint,
    shortages.blueprint,
    returns.blueprint,
    disputes.blueprint,
    fulfilling.blueprint,
    parcel_labels.blueprint,
    parcel_labels.senders,
    lists.blueprint,
    privacy.blueprint,
    messages.blueprint,
    rules.blueprint,
    stock.blueprint,
    catalog.blueprint,
    warehousing.blueprint,
    inbound.blueprint,
    costing.blueprint,
    customs.blueprint,
    publishing.blueprint,
    prices.blueprint,
    ledger.profit,
    profits.blueprint,
    ledger.blueprint,
    finality.blueprint,
    settlements.blueprint,
    expenses.blueprint,
    allocation.blueprint,
    rates.blueprint,
    payables.blueprint,
    closing.blueprint,
    tax.blueprint,
    invoicing.blueprint,
    imports.blueprint,
    uploads.blueprint,
    columns.blueprint,
    connections.blueprint,
    jobs.blueprint,
    authorising.blueprint,
    webhooks.blueprint,
    addons.blueprint,
    safe_mode.blueprint,
    users.blueprint,
    account.blueprint,
    audit.blueprint,
    reference.blueprint,
    api.blueprint,
    addons_api.blueprint,
    users_api.blueprint,
    connections_api.blueprint,
    jobs_api.blueprint,
    uploads_api.blueprint,
    orders_api.blueprint,
    returns_api.blueprint,
    disputes_api.blueprint,
    shortages_api.blueprint,
    labels_api.blueprint,
    messages_api.blueprint,
    rules_api.blueprint,
    warehousing_api.blueprint,
    inbound_api.blueprint,
    publishing_api.blueprint,
    prices_api.blueprint,
    catalog_api.blueprint,
    profits_api.blueprint,
    fees_api.blueprint,
    settlements_api.blueprint,
    allocation_api.blueprint,
    bills_api.blueprint,
    costs_api.blueprint,
    periods_api.blueprint,
    warehouses_api.blueprint,
    rates_api.blueprint,
    payables_api.blueprint,
    tax_api.blueprint,
    customs_api.blueprint,
    invoicing_api.blueprint,
)


def create_app(config: Config | None = None) -> Flask:
    """Build the application on an initialised database."""
    config = config or load_config()
    kernel = Kernel.boot(config)
    app = Flask("core.web", instance_path=str(config.instance))
    app.config.update(
        SECRET_KEY=security.secret_key(config.instance),
        SESSION_COOKIE_NAME="entrepot_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # The token lives as long as its cookie; a time limit would only lose what was typed.
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=1_000_000,
        BOOTSTRAP_SERVE_LOCAL=True,
        API_TITLE="Entrepot",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
    )
    app.extensions[current.EXTENSION] = kernel
    templating.init_templating(app)
    security.init_security(app)
    compressing.init_compressing(app)
    addresses.init_addresses(app)
    i18n.init_i18n(app)
    Bootstrap5(app)
    guarding.init_guarding(app)
    shell.init_shell(app)
    formats.init_formats(app)
    labels.init_labels(app)
    safe_mode.init_safe_mode(app)
    errors.init_errors(app)
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    guard(app, kernel)
    return app
